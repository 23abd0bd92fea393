import type { Background, Work, WorkEvents, WorkPort } from './background';
import type { Clock } from './clock';

/** Begins work at its end of the line. */
// biome-ignore lint/suspicious/noExplicitAny: each kind of work has messages of its own.
export type WorkStart = (port: WorkPort<any, any>) => { stop(): void };

/** Background work in turns of the loop that asks for it: for simulations and tests, where one thread is all there is. */
export class InTurns implements Background {
  constructor(
    private readonly clock: Clock,
    private readonly works: Readonly<Record<string, WorkStart>>,
  ) {}

  start<Request, Answer>(name: string, { onAnswer }: WorkEvents<Answer>): Work<Request> {
    let isStopped = false;
    let deliver: (request: Request) => void = () => {};
    const work = this.works[name]!({
      post: (answer: Answer) => this.later(answer, (copy) => !isStopped && onAnswer(copy)),
      onMessage: (listener: (request: Request) => void) => {
        deliver = listener;
      },
    });
    return {
      post: (request) => this.later(request, (copy) => !isStopped && deliver(copy)),
      stop: async () => {
        isStopped = true;
        work.stop();
      },
    };
  }

  private later<Message>(message: Message, take: (copy: Message) => void): void {
    const copy = structuredClone(message);
    this.clock.soon(() => take(copy));
  }
}
