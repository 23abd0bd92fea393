import { setTimeout as sleep } from 'node:timers/promises';
import { startZooKeeper, type TestZooKeeper } from '../../support/zookeeper';
import { type Kafka, Place, type Side } from '../mixed/member';

const BROKERS = 3;
const SIDES: Readonly<Record<string, readonly Side[]>> = {
  ours: ['ours', 'ours', 'ours'],
  apache: ['apache', 'apache', 'apache'],
  mixed: ['ours', 'apache', 'ours'],
};

/** Three brokers that others run their tests against, and somebody who ends them one after the other. */
export class Stage {
  private constructor(
    readonly kafka: Kafka,
    private readonly zooKeeper: TestZooKeeper,
    readonly places: readonly Place[],
  ) {}

  static async set(kafka: Kafka, side: string): Promise<Stage> {
    const sides = SIDES[side];
    if (sides === undefined) throw new Error(`--side is one of ${Object.keys(SIDES).join(', ')}, not ${side}`);
    const zooKeeper = await startZooKeeper();
    const settings = {
      'transaction.state.log.num.partitions': 5,
      'transaction.state.log.replication.factor': BROKERS,
      'transaction.state.log.min.isr': 2,
      'default.replication.factor': BROKERS,
      'min.insync.replicas': 2,
      'num.partitions': 3,
      'group.min.session.timeout.ms': 1_000,
    };
    const places = await Promise.all(
      sides.map((_, id) => Place.make(kafka, id, `${zooKeeper.connect}/transactions`, settings)),
    );
    for (const [id, place] of places.entries()) place.side = sides[id]!;
    const stage = new Stage(kafka, zooKeeper, places);
    try {
      await Promise.all(places.map((place) => place.start()));
    } catch (error) {
      await stage.strike();
      throw error;
    }
    return stage;
  }

  get bootstrap(): string {
    return this.places.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** Ends brokers in turn, with SIGTERM or SIGKILL, each back before the next one goes, until told to stop, which says how many. */
  bounce(ends: readonly ('kill' | 'stop')[], restMs: number): { stop(): Promise<number> } {
    let isOver = false;
    let turn = 0;
    const bouncing = (async () => {
      for (; !isOver; turn++) {
        const place = this.places[turn % this.places.length]!;
        await place[ends[turn % ends.length]!]();
        await place.start();
        for (let leftMs = restMs; leftMs > 0 && !isOver; leftMs -= 100) await sleep(100);
      }
    })();
    return {
      stop: async () => {
        isOver = true;
        await bouncing;
        return turn;
      },
    };
  }

  /** Lines of errors of all brokers, each once, without their times. */
  errors(): string[] {
    const lines = this.places.flatMap((place) => place.errors());
    return [...new Set(lines.map((it) => it.replace(/^\[[^\]]*\] /, '')))];
  }

  async strike(): Promise<void> {
    await Promise.all(this.places.map((place) => place.remove()));
    await this.zooKeeper.stop();
  }
}
