/** One end of a line between the thread that serves and work that is done aside: what goes over it is copied. */
export interface WorkPort<In, Out> {
  post(message: Out): void;
  /** To be called once, at first. */
  onMessage(listener: (message: In) => void): void;
}

/** Work that has been started. */
export interface Work<Request> {
  post(request: Request): void;
  /** Ends it wherever it is; nothing is heard of it any more. */
  stop(): Promise<void>;
}

export interface WorkEvents<Answer> {
  readonly onAnswer: (answer: Answer) => void;
  /** It has ended by itself: a rule was broken, or memory is short. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Work that would hold the event loop up for too long (docs/decisions/0009), as a port: threads on a machine, turns of the
 * same loop in a simulation.
 */
export interface Background {
  /** Starts work by its name; each has memory of its own. */
  start<Request, Answer>(name: string, events: WorkEvents<Answer>): Work<Request>;
}
