import { Broker } from '../support/broker';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { type Cluster, typed } from './typed';

/** One ZooKeeper and one broker, as the tutorials start them, and a shell beside them. */
export class TutorialCluster implements Cluster {
  private constructor(
    private readonly server: TestZooKeeper,
    private readonly process: Broker,
  ) {}

  static async start(settings: Readonly<Record<string, string | number>> = {}): Promise<TutorialCluster> {
    const server = await startZooKeeper();
    return new TutorialCluster(server, await Broker.start({ zooKeeper: server.connect, settings }));
  }

  get broker(): number {
    return this.process.port;
  }

  get zooKeeper(): number {
    return this.server.port;
  }

  /** Types a line that must succeed; what it wrote to stdout. */
  async type(line: string, input = ''): Promise<string> {
    const { code, stdout, stderr } = await typed(this, line, input);
    if (code !== 0) throw new Error(`${line}\nexit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async stop(): Promise<void> {
    await this.process.remove();
    await this.server.stop();
  }
}
