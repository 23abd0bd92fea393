import { ERRORS, type ErrorName, errorName } from '@odradek/protocol/errors';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { BrokerEndpoint } from '../cluster/metadata';
import type { ConnectPeer, Peer } from '../cluster/peers';
import type { Logger } from '../env/logger';
import type { Verification, Verified } from './verifier';

export interface VerificationChannelOptions {
  readonly connect: ConnectPeer;
  readonly logger: Logger;
  readonly requestTimeoutMs: number;
}

interface Waiting {
  readonly verification: Verification;
  readonly verified: Verified;
}

/** A coordinator, and the version of the API that it knows; null where it cannot verify. */
interface Coordinator {
  readonly peer: Peer;
  readonly version: number | null;
}

/** From this version on the API takes the transactions of many producers at once, and can only verify. */
const FIRST_VERIFYING_VERSION = 4;

const isSameProducer = (one: Verification, other: Verification): boolean =>
  one.producerId === other.producerId && one.producerEpoch === other.producerEpoch;

/** Verifications by one broker: one request on its way, and all that comes meanwhile goes with the next one. */
export class VerificationChannel {
  /** By transactional id; those of one id are of one producer and epoch. */
  private queue = new Map<string, Waiting[]>();
  private coordinator: Promise<Coordinator> | null = null;
  /** What `coordinator` came to. */
  private connected: Peer | null = null;
  private isBusy = false;
  private isClosed = false;

  constructor(
    private readonly broker: number,
    readonly endpoint: BrokerEndpoint,
    private readonly options: VerificationChannelOptions,
  ) {}

  verify(verification: Verification, verified: Verified): void {
    const { transactionalId, producerEpoch } = verification;
    const known = this.queue.get(transactionalId);
    const first = known?.[0]?.verification;
    if (first !== undefined && first.producerEpoch > producerEpoch) {
      verified(() => 'INVALID_PRODUCER_EPOCH');
      return;
    }
    if (known === undefined) this.queue.set(transactionalId, [{ verification, verified }]);
    else if (isSameProducer(first!, verification)) known.push({ verification, verified });
    else {
      // A newer one has taken over, or the client has begun anew.
      this.queue.set(transactionalId, [{ verification, verified }]);
      const error = first!.producerEpoch < producerEpoch ? 'INVALID_PRODUCER_EPOCH' : 'NETWORK_EXCEPTION';
      for (const waiting of known) waiting.verified(() => error);
    }
    if (!this.isBusy) void this.work();
  }

  /** Ends the connection; whoever waits is told to try again. */
  close(): void {
    this.isClosed = true;
    this.disconnect();
    if (!this.isBusy) answerAll(this.take(), 'NETWORK_EXCEPTION');
  }

  private take(): Map<string, Waiting[]> {
    const { queue } = this;
    this.queue = new Map();
    return queue;
  }

  private async work(): Promise<void> {
    this.isBusy = true;
    while (this.queue.size > 0) {
      if (this.isClosed) answerAll(this.take(), 'NETWORK_EXCEPTION');
      else await this.exchange();
    }
    this.isBusy = false;
  }

  private async exchange(): Promise<void> {
    if (this.connected?.isGone) this.coordinator = this.connected = null;
    this.coordinator ??= this.connect();
    let asked = new Map<string, Waiting[]>();
    let response: ResponseOf<typeof AddPartitionsToTxn>;
    try {
      const { peer, version } = await this.coordinator;
      // What came while the connection was made goes along.
      asked = this.take();
      if (version === null) {
        // Nothing is sent that could fail once a newer release is there: it is asked again the next time.
        this.disconnect();
        answerAll(asked, 'NONE');
        return;
      }
      const { requestTimeoutMs: timeoutMs } = this.options;
      response = await peer.send(AddPartitionsToTxn, version, requestOf(asked), { timeoutMs });
    } catch (error) {
      this.disconnect();
      this.options.logger.warn(
        `AddPartitionsToTxnRequest failed for node ${this.broker} with a network exception: ${(error as Error).message}`,
      );
      answerAll(asked.size > 0 ? asked : this.take(), 'NETWORK_EXCEPTION');
      return;
    }
    this.handOut(asked, response);
  }

  private async connect(): Promise<Coordinator> {
    const { connect, logger, requestTimeoutMs: timeoutMs } = this.options;
    const peer = await connect(this.endpoint);
    this.connected = peer;
    try {
      const { apiKeys } = await peer.send(ApiVersions, 0, {}, { timeoutMs });
      const known = apiKeys.find(({ apiKey }) => apiKey === AddPartitionsToTxn.key)?.maxVersion ?? 0;
      if (known >= FIRST_VERIFYING_VERSION) return { peer, version: Math.min(known, AddPartitionsToTxn.range.to) };
    } catch (error) {
      peer.close();
      throw error;
    }
    logger.warn(`Broker ${this.broker} cannot verify transactions: they are taken as they come`);
    return { peer, version: null };
  }

  private disconnect(): void {
    this.coordinator?.then(
      ({ peer }) => peer.close(),
      () => {},
    );
    this.coordinator = null;
  }

  private handOut(asked: Map<string, Waiting[]>, response: ResponseOf<typeof AddPartitionsToTxn>): void {
    const { errorCode, resultsByTransaction } = response;
    if (errorCode !== ERRORS.NONE.code) {
      const error = errorName(errorCode);
      this.options.logger.error(`AddPartitionsToTxnRequest for node ${this.broker} returned with error ${error}.`);
      // That is nothing between the client and its broker.
      answerAll(asked, error === 'CLUSTER_AUTHORIZATION_FAILED' ? 'INVALID_TXN_STATE' : error);
      return;
    }
    const results = new Map(
      resultsByTransaction.map(({ transactionalId, topicResults }) => [transactionalId, topicResults]),
    );
    for (const [transactionalId, list] of asked) {
      const errors = new Map<string, ErrorName>();
      for (const { name, resultsByPartition } of results.get(transactionalId) ?? []) {
        for (const { partitionIndex, partitionErrorCode } of resultsByPartition) {
          errors.set(`${name}-${partitionIndex}`, errorName(partitionErrorCode));
        }
      }
      for (const { verification, verified } of list) {
        verified((topic, partition) =>
          toldToProducer(errors.get(`${topic}-${partition}`) ?? 'NETWORK_EXCEPTION', verification.knowsAbortable),
        );
      }
    }
  }
}

/** What a producer is told where the coordinator answers `error`. */
function toldToProducer(error: ErrorName, knowsAbortable: boolean): ErrorName {
  if (error === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH';
  return error === 'TRANSACTION_ABORTABLE' && !knowsAbortable ? 'INVALID_TXN_STATE' : error;
}

function answerAll(asked: Map<string, Waiting[]>, error: ErrorName): void {
  for (const list of asked.values()) for (const { verified } of list) verified(() => error);
}

function requestOf(asked: Map<string, Waiting[]>): RequestInit<typeof AddPartitionsToTxn> {
  return {
    transactions: [...asked].map(([transactionalId, list]) => {
      const topics = new Map<string, Set<number>>();
      for (const { verification } of list) {
        for (const { topic, partition } of verification.partitions) {
          const partitions = topics.get(topic);
          if (partitions === undefined) topics.set(topic, new Set([partition]));
          else partitions.add(partition);
        }
      }
      const { producerId, producerEpoch } = list[0]!.verification;
      return {
        transactionalId,
        producerId,
        producerEpoch,
        verifyOnly: true,
        topics: [...topics].map(([name, partitions]) => ({ name, partitions: [...partitions] })),
      };
    }),
  };
}
