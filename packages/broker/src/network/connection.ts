import { Writer } from '@odradek/protocol/wire/writer';
import type { Clock, Timer } from '../env/clock';
import type { Connection, Receiver } from '../env/network';
import type { Channel } from './dispatch';
import { type Frame, FrameReader, InvalidFrameSizeError, type KeptFrame, type ReceiveMemory } from './frames';
import { gather } from './gather';
import { NetworkTime } from './network-time';
import type { PutOffWork } from './put-off';
import type { RequestMemory } from './request-memory';

/** Bytes that one connection may send us in a row before others have their turn. */
const TURN_BYTES = 256 * 1024;
/** How long one connection's requests are handled in a row: thousands of small ones fit into one read. */
const TURN_MS = 5;
/** Answers are handed to the system at the end of a callback, or earlier once so many bytes are ready. */
const FLUSH_BYTES = 256 * 1024;
/** Room for some small answers. */
const OUTPUT_BYTES = 512;
/** How many requests of one connection may be under way where each lets the next one pass. */
const MAX_IN_FLIGHT = 100;
/** No further request is handled while so many bytes wait for a slow reader. Kafka waits for each answer to be sent. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** What every connection of a server shares. */
export interface ConnectionServices {
  readonly putOff?: PutOffWork;
  readonly clock: Clock;
  readonly memory: ReceiveMemory;
  readonly requestMemory: RequestMemory;
  readonly maxRequestBytes: number;
  /** Whether the network's part of requests is charged to anybody. */
  readonly chargesNetwork: () => boolean;
  dispatch(frame: Frame, channel: Channel, earlier: Promise<void> | null): Promise<void> | undefined;
  /** Calls `flush` of the connection once in this turn of the event loop, after the I/O that is ready now. */
  flushSoon(connection: ServerConnection): void;
  /** A frame whose length cannot be. */
  invalidFrame(connection: ServerConnection, error: InvalidFrameSizeError): void;
  closed(connection: ServerConnection): void;
}

export interface ConnectionIdentity {
  readonly connectionId: string;
  readonly listenerName: string;
  readonly securityProtocol: string;
  /** As Java prints it: `/127.0.0.1`. */
  readonly clientHost: string;
}

/**
 * - `open`: may become either of the others.
 * - `closing`: we have ended it; nothing is read or handled any more. Becomes `gone`.
 * - `gone`: the stream is over. Requests that had arrived before are still handled, as Kafka does (acks=0).
 */
type State = 'open' | 'closing' | 'gone';

/**
 * One client's connection. One request is handled at a time, in order, as Kafka mutes a channel while a request is in
 * flight, but for those that a handler lets pass; what is answered at once leaves in one write per read.
 */
export class ServerConnection implements Receiver, Channel {
  readonly connectionId: string;
  readonly listenerName: string;
  readonly securityProtocol: string;
  readonly clientHost: string;
  readonly principal = 'User:ANONYMOUS';
  readonly clientSoftware = { name: 'unknown', version: 'unknown' };
  readonly networkTime: NetworkTime;
  lastActiveMs: number;

  private state: State = 'open';
  private readonly frames: FrameReader;
  /** Requests whose answers are outstanding. */
  private inFlight = 0;
  /** Until when the last one's is. */
  private lastAnswer: Promise<void> | null = null;
  /** The API whose next request may be handled while others are in flight. */
  private passing: number | null = null;
  private muted: Timer | null = null;
  private mutedUntilMs = 0;
  private outputFull = false;
  private starved = false;
  private paused = false;
  private inputOver = false;
  private processing = false;
  private targetBytes = 0;
  private turnBytes = 0;
  /** Its requests have had their time; what is left of them goes on in the next turn. */
  private turnOver = false;
  /** Reserved in `requestMemory` for the frame that is arriving. */
  private reservedBytes = 0;
  /** Answers that have not been handed to the system. */
  private out: Writer | null = null;
  private sent: (() => void)[] = [];

  constructor(
    private readonly io: Connection,
    identity: ConnectionIdentity,
    private readonly services: ConnectionServices,
  ) {
    this.connectionId = identity.connectionId;
    this.listenerName = identity.listenerName;
    this.securityProtocol = identity.securityProtocol;
    this.clientHost = identity.clientHost;
    this.networkTime = new NetworkTime(services.clock, services.chargesNetwork);
    this.frames = new FrameReader(services.memory, services.maxRequestBytes);
    this.lastActiveMs = services.clock.monotonicMs();
  }

  start(): void {
    this.io.start(this);
  }

  /** Whether only time passes: nothing is under way, or the peer has gone and what is under way waits for long. */
  get idle(): boolean {
    return this.inputOver || (this.inFlight === 0 && !this.muted);
  }

  // --- Receiver ---

  target(): Buffer {
    const target = this.frames.target();
    this.targetBytes = target.length;
    return target;
  }

  received(bytes: number): boolean {
    if (this.state !== 'open') return false;
    const isCounted = this.networkTime.begin();
    this.lastActiveMs = this.services.clock.monotonicMs();
    this.frames.received(bytes);
    this.process();
    this.flush();
    // The system reads on only after a read that filled its target: any other read ends the connection's turn.
    this.turnBytes = bytes < this.targetBytes ? 0 : this.turnBytes + bytes;
    if (this.mustPause()) this.paused = true;
    else if (this.turnBytes >= TURN_BYTES) this.yieldTurn();
    this.networkTime.end(isCounted);
    return !this.paused;
  }

  /** As with Kafka, whose muted channels see the end only after the answers: what came before it is answered. */
  ended(): void {
    this.inputOver = true;
    if (this.mayHandle) this.close();
  }

  closed(): void {
    if (this.state === 'gone') return;
    const handleRest = this.state === 'open';
    this.state = 'gone';
    this.services.closed(this);
    this.muted?.cancel();
    this.muted = null;
    this.out = null;
    for (const sent of this.takeSent()) sent();
    if (handleRest) this.process();
    if (!handleRest || !this.busy) this.dispose();
  }

  // --- Channel ---

  readonly isClosed = (): boolean => this.state !== 'open';

  /** Of several answers that left together the one that silences it longest counts. */
  readonly mute = (durationMs: number): void => {
    const { clock } = this.services;
    const untilMs = clock.monotonicMs() + durationMs;
    if (durationMs <= 0 || this.state !== 'open' || (this.muted && untilMs <= this.mutedUntilMs)) return;
    this.muted?.cancel();
    this.mutedUntilMs = untilMs;
    this.muted = clock.after(durationMs, () => {
      this.muted = null;
      this.proceed();
    });
  };

  letPass(apiKey: number): void {
    this.passing = apiKey;
    // Whoever says so while it is being handled is heard by the loop that handles it.
    if (!this.processing) this.services.clock.soon(this.proceed);
  }

  readonly hold = (bytes: number): (() => void) => {
    const { requestMemory } = this.services;
    requestMemory.hold(bytes);
    return () => requestMemory.release(bytes);
  };

  keep(): KeptFrame {
    const { buffer, start, end, release } = this.frames.keep();
    const letGo = this.hold(end - start);
    const releaseAll = (): void => {
      release();
      letGo();
    };
    return { buffer, start, end, release: releaseAll };
  }

  output(): Writer {
    this.out ??= new Writer(OUTPUT_BYTES);
    return this.out;
  }

  answered(sent: (() => void) | null): void {
    if (sent) this.sent.push(sent);
    if (this.out!.length >= FLUSH_BYTES) this.flush();
  }

  close(): void {
    if (this.state !== 'open') return;
    this.flush();
    this.state = 'closing';
    this.io.end();
  }

  /** Closes at once; what is queued is lost. */
  destroy(): void {
    if (this.state === 'open') this.state = 'closing';
    this.io.destroy();
  }

  // --- inside ---

  /** Hands what is queued to the system in one write. */
  flush(): void {
    if (this.out === null || this.out.length === 0 || this.state !== 'open') return;
    if (this.processing && this.services.putOff?.settle() === false) return;
    const isCounted = this.networkTime.begin();
    const chunks = gather(this.out.chunks());
    this.out = null;
    const done = this.sent.length === 0 ? null : this.takeSent();
    this.io.write(chunks, () => {
      if (done) for (const sent of done) sent();
      if (this.outputFull && this.io.queuedBytes <= MAX_QUEUED_BYTES) {
        this.outputFull = false;
        this.proceed();
      }
    });
    if (this.io.queuedBytes > MAX_QUEUED_BYTES) this.outputFull = true;
    this.networkTime.end(isCounted);
  }

  private takeSent(): (() => void)[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  /** A request is under way, or others wait for their turn. */
  private get busy(): boolean {
    return this.inFlight > 0 || this.turnOver;
  }

  private get mayHandle(): boolean {
    return !this.busy && this.isHeard;
  }

  /** Whether a request may be handled although others are in flight: one of the API that lets it pass. */
  private get mayPass(): boolean {
    return this.passing !== null && this.inFlight < MAX_IN_FLIGHT && !this.turnOver && this.isHeard;
  }

  private get isHeard(): boolean {
    return this.state === 'gone' || (this.state === 'open' && !this.muted && !this.outputFull);
  }

  /** Handles complete frames, as far as order and limits allow. */
  private process(): void {
    if (this.processing) return;
    const { putOff, clock } = this.services;
    const turnEndsMs = clock.monotonicMs() + TURN_MS;
    this.processing = true;
    putOff?.begin();
    try {
      while (this.mayHandle || this.mayPass) {
        const frame = this.nextFrame();
        if (!frame) break;
        this.handle(frame);
        if (clock.monotonicMs() >= turnEndsMs) this.endTurn();
      }
      if (this.state !== 'closing') this.frames.settle(this.admit);
    } catch (error) {
      if (!(error instanceof InvalidFrameSizeError)) throw error;
      if (this.state === 'open') this.services.invalidFrame(this, error);
      this.frames.close();
      this.close();
    } finally {
      this.processing = false;
      if (putOff?.end() === false) this.withdraw();
    }
  }

  private nextFrame(): Frame | null {
    if (this.inFlight === 0) return this.frames.next();
    try {
      const frame = this.frames.next();
      if (frame === null || apiKeyOf(frame) === this.passing) return frame;
      this.frames.putBack();
    } catch (error) {
      // Found again, and told of, once what came before has been answered.
      if (!(error instanceof InvalidFrameSizeError)) throw error;
    }
    this.passing = null;
    return null;
  }

  /** What was answered has not happened: the peer learns that from the connection's end, and asks again. */
  private withdraw(): void {
    this.out = null;
    for (const sent of this.takeSent()) sent();
    this.destroy();
  }

  private handle(frame: Frame): void {
    this.passing = null;
    const pending = this.services.dispatch(frame, this, this.lastAnswer);
    if (this.reservedBytes > 0) this.releaseReserved();
    if (!pending) return;
    this.inFlight++;
    this.lastAnswer = pending;
    void pending.then(() => {
      this.inFlight--;
      if (this.inFlight === 0) this.lastAnswer = null;
      this.lastActiveMs = this.services.clock.monotonicMs();
      this.proceed();
    });
  }

  /** Goes on after whatever held the connection up; answers leave at the end of this turn of the event loop. */
  private readonly proceed = (): void => {
    const isCounted = this.networkTime.begin();
    this.process();
    this.networkTime.end(isCounted);
    if (this.state === 'gone') {
      if (!this.busy) this.dispose();
      return;
    }
    if (this.inputOver && this.mayHandle) {
      this.close();
      return;
    }
    if (this.out !== null) this.services.flushSoon(this);
    if (!this.paused || this.state !== 'open' || this.mustPause()) return;
    this.paused = false;
    this.io.resume();
  };

  /** While requests wait here, more of them need not be read; nor while there is no memory for them. */
  private mustPause(): boolean {
    if (this.state !== 'open' || this.starved) return true;
    return !this.mayHandle && !this.mayPass && this.frames.backlogBytes > 0;
  }

  private yieldTurn(): void {
    this.paused = true;
    this.turnBytes = 0;
    this.services.clock.soon(this.proceed);
  }

  private endTurn(): void {
    this.turnOver = true;
    this.services.clock.soon(() => {
      this.turnOver = false;
      this.proceed();
    });
  }

  private readonly admit = (frameBytes: number): boolean => {
    if (this.reservedBytes > 0) return true;
    if (this.state !== 'open') return false;
    this.starved = !this.services.requestMemory.tryReserve(frameBytes);
    if (this.starved) this.services.requestMemory.wait(this.retryMemory);
    else this.reservedBytes = frameBytes;
    return !this.starved;
  };

  private readonly retryMemory = (): void => {
    if (this.state === 'open' && this.admit(this.frames.incompleteBytes)) this.proceed();
  };

  private releaseReserved(): void {
    const bytes = this.reservedBytes;
    this.reservedBytes = 0;
    this.services.requestMemory.release(bytes);
  }

  private dispose(): void {
    this.frames.close();
    this.services.requestMemory.forget(this.retryMemory);
    this.releaseReserved();
  }
}

/** Of a frame that may be too short for one: it is none then. */
const apiKeyOf = ({ buffer, start, end }: Frame): number | null => (end - start < 2 ? null : buffer.readInt16BE(start));
