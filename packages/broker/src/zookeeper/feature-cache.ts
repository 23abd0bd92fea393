import type { ZooKeeperClient } from './session';
import type { ZooKeeperStore } from './store';
import { paths } from './znodes';

const NONE = -1;

/** The version of `/feature`, which ApiVersions tells as the epoch of finalized features (KIP-584). */
export class FeatureCache {
  private version = NONE;

  constructor(
    private readonly client: ZooKeeperClient,
    private readonly store: ZooKeeperStore,
  ) {}

  /** -1 while there is no such znode. */
  get epoch(): number {
    return this.version;
  }

  /** Resolves once the znode has been looked at; it is watched from then on. */
  async start(): Promise<void> {
    const read = (): void => {
      // A session that ends meanwhile brings another reading with it.
      this.read().catch(() => {});
    };
    this.client.registerChangeHandler(paths.feature, { created: read, dataChanged: read, deleted: read });
    this.client.onExpired({ after: read });
    await this.read();
  }

  private async read(): Promise<void> {
    // Reading alone would leave no watch where there is nothing yet.
    const isThere = (await this.client.exists(paths.feature)) !== null;
    this.version = (isThere ? await this.store.readFeature() : null)?.zkVersion ?? NONE;
  }
}
