import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { KafkaClient, Node } from './client';
import { type AnyApi, DisconnectError, type RequestFor } from './connection';
import { type CoordinatorKind, findCoordinator } from './coordinator';

/** The way to the coordinator of a group or a transactional id: looked up when needed, forgotten when it proves to be another or out of reach. */
export class CoordinatorLink {
  private node: Node | undefined;
  private finding: Promise<Node> | undefined;

  constructor(
    private readonly client: KafkaClient,
    private readonly kind: CoordinatorKind,
    readonly id: string,
  ) {}

  /** Whether one is known, so that a farewell need not look for it first. */
  get isKnown(): boolean {
    return this.node !== undefined;
  }

  /** Sends to the coordinator. Rejects with `DisconnectError` where it cannot be reached, `ServerError` where there is none. */
  async send<A extends AnyApi>(api: A, request: RequestFor<A>, timeoutMs?: number): Promise<ResponseOf<A>> {
    const node = this.node ?? (await this.find());
    try {
      return await this.client.sendToCoordinator(node, api, request, timeoutMs);
    } catch (thrown) {
      if (thrown instanceof DisconnectError) this.forget(node);
      throw thrown;
    }
  }

  /** It is another by now: the next request looks it up again. */
  forget(node = this.node): void {
    if (this.node === node) this.node = undefined;
  }

  private find(): Promise<Node> {
    this.finding ??= this.lookUp().finally(() => {
      this.finding = undefined;
    });
    return this.finding;
  }

  private async lookUp(): Promise<Node> {
    const deadlineMs = Date.now() + this.client.options.requestTimeoutMs;
    const located = await findCoordinator(this.client, this.kind, this.id, deadlineMs);
    if ('error' in located) throw located.error;
    this.node = located.node;
    return located.node;
  }
}
