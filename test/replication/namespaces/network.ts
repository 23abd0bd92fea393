import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

const SUBNET = '10.77.0';
const BRIDGE = 'bridge0';
/** Nobody's: the bridge asks everybody, and nobody takes what is for it. */
const NOWHERE = '02:00:00:00:ff:ff';

const run = (command: string, ...args: string[]): Buffer => execFileSync(command, args, { stdio: 'pipe' });
const ip = (line: string): Buffer => run('ip', ...line.split(' '));

/** Makes this process's own namespace the one with the bridge, from which everybody can be reached always. */
export function prepareBridge(): void {
  ip('link set lo up');
  ip(`link add ${BRIDGE} type bridge`);
  ip(`addr add ${SUBNET}.254/24 dev ${BRIDGE}`);
  ip(`link set ${BRIDGE} up`);
}

/** A network namespace on the bridge, as a machine of its own. It ends with this process. */
export class Host {
  private constructor(
    private readonly number: number,
    private readonly holder: ChildProcess,
  ) {}

  static async add(number: number): Promise<Host> {
    // It holds the namespace until its input ends, however this process ends.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo there; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const host = new Host(number, holder);
    ip(`link add veth${number} type veth peer name eth0 netns ${holder.pid} address ${host.hardware}`);
    ip(`link set veth${number} master ${BRIDGE} up`);
    for (const line of ['link set lo up', `addr add ${host.address}/24 dev eth0`, 'link set eth0 up']) host.ip(line);
    return host;
  }

  get address(): string {
    return `${SUBNET}.${this.number}`;
  }

  /** The command that runs another one there. */
  get within(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.holder.pid}/ns/net`];
  }

  /**
   * From now on what this host sends to the other is lost without a word to either; what the other sends arrives. By a
   * wrong hardware address, which, other than filters and disciplines of queues, every kernel knows.
   */
  loseTo(other: Host): void {
    this.neighbour(other, NOWHERE);
  }

  healTo(other: Host): void {
    this.neighbour(other, other.hardware);
  }

  remove(): void {
    this.holder.stdin!.end();
  }

  private get hardware(): string {
    return `02:00:00:00:00:0${this.number}`;
  }

  private neighbour(other: Host, hardware: string): void {
    this.ip(`neigh replace ${other.address} lladdr ${hardware} dev eth0 nud permanent`);
  }

  private ip(line: string): void {
    const [command, ...args] = [...this.within, 'ip', ...line.split(' ')];
    run(command!, ...args);
  }
}
