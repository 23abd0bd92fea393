/** Something to do at a time. */
export interface Task {
  readonly atMs: number;
  readonly sequence: number;
  /** Null once it is cancelled: the queue passes it over. */
  run: (() => void) | null;
}

/** Below, cancelled tasks do no harm. */
const MIN_COMPACTION = 256;

/** Tasks in the order of their times; those of one time in the order in which they came (a binary heap). */
export class TaskQueue {
  private tasks: Task[] = [];
  private cancelled = 0;

  push(task: Task): void {
    const { tasks } = this;
    let at = tasks.push(task) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(task, tasks[above]!)) break;
      tasks[at] = tasks[above]!;
      at = above;
    }
    tasks[at] = task;
  }

  cancel(task: Task): void {
    if (task.run === null) return;
    task.run = null;
    this.cancelled++;
    // Requests set timers that hardly ever run: left alone they would be most of the queue.
    if (this.cancelled > MIN_COMPACTION && this.cancelled > this.tasks.length / 2) this.compact();
  }

  /** The next task, still queued; null where there is none. */
  peek(): Task | null {
    for (;;) {
      const first = this.tasks[0];
      if (first === undefined) return null;
      if (first.run !== null) return first;
      this.cancelled--;
      this.removeFirst();
    }
  }

  /** Takes out what `peek` returned. */
  removeFirst(): void {
    const { tasks } = this;
    const last = tasks.pop()!;
    if (tasks.length > 0) this.sink(last, 0);
  }

  clear(): void {
    this.tasks = [];
    this.cancelled = 0;
  }

  private sink(task: Task, at: number): void {
    const { tasks } = this;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= tasks.length) break;
      if (below + 1 < tasks.length && isBefore(tasks[below + 1]!, tasks[below]!)) below++;
      if (!isBefore(tasks[below]!, task)) break;
      tasks[at] = tasks[below]!;
      at = below;
    }
    tasks[at] = task;
  }

  private compact(): void {
    this.tasks = this.tasks.filter(({ run }) => run !== null);
    this.cancelled = 0;
    for (let at = (this.tasks.length >> 1) - 1; at >= 0; at--) this.sink(this.tasks[at]!, at);
  }
}

function isBefore(one: Task, other: Task): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
}
