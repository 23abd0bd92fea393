/** A broker cannot start with what a log dir holds, and only a person can tell what is right. */
export class LogDirError extends Error {
  override readonly name: string = 'LogDirError';
}

/** Another process uses the log dir. */
export class LogDirLockedError extends LogDirError {
  override readonly name = 'LogDirLockedError';
}
