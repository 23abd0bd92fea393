/** Names of error codes as KeeperException prints them. */
const CODE_NAMES: Record<number, string> = {
  [-1]: 'SystemError',
  [-2]: 'RuntimeInconsistency',
  [-3]: 'DataInconsistency',
  [-4]: 'ConnectionLoss',
  [-5]: 'MarshallingError',
  [-6]: 'Unimplemented',
  [-7]: 'OperationTimeout',
  [-8]: 'BadArguments',
  [-13]: 'NewConfigNoQuorum',
  [-14]: 'ReconfigInProgress',
  [-101]: 'NoNode',
  [-102]: 'NoAuth',
  [-103]: 'BadVersion',
  [-108]: 'NoChildrenForEphemerals',
  [-110]: 'NodeExists',
  [-111]: 'Directory not empty',
  [-112]: 'Session expired',
  [-113]: 'InvalidCallback',
  [-114]: 'InvalidACL',
  [-115]: 'AuthFailed',
  [-118]: 'Session moved',
  [-119]: 'Not a read-only call',
  [-120]: 'Ephemeral node on local session',
  [-125]: 'Quota has exceeded',
};

export const ErrorCode = { ConnectionLoss: -4, NoNode: -101, InvalidAcl: -114, AuthFailed: -115 } as const;

/** What the server (or the lack of one) answered. Its text is KeeperException.getMessage()'s. */
export class KeeperError extends Error {
  constructor(
    readonly code: number,
    readonly path: string | null,
  ) {
    const name = CODE_NAMES[code] ?? `Unknown error ${code}`;
    super(`KeeperErrorCode = ${name}${path === null ? '' : ` for ${path}`}`);
  }
}

/** A command that cannot be carried out: one line on stderr and an exit code (CliException of ZooKeeper's CLI). */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** ZooKeeper's CLI words the common refusals itself (CliWrapperException) and leaves the rest to KeeperException. */
export function commandErrorOf(error: KeeperError): CommandError {
  const { code, path } = error;
  switch (code) {
    case -8:
      return new CommandError(`Arguments are not valid : ${path}`);
    case -101:
      return new CommandError(`Node does not exist: ${path}`);
    case -102:
      return new CommandError(`Insufficient permission : ${path}`);
    case -103:
      return new CommandError(`version No is not valid : ${path}`);
    case -108:
      return new CommandError(`Ephemerals cannot have children: ${path}`);
    case -110:
      return new CommandError(`Node already exists: ${path}`);
    case -111:
      return new CommandError(`Node not empty: ${path}`);
    case -114:
      return new CommandError(`Acl is not valid : ${path}`);
    case -115:
      return new CommandError(`Authentication failed : ${path}`);
    case -125:
      return new CommandError(`Quota has exceeded : ${path}`);
    default:
      return new CommandError(error.message);
  }
}
