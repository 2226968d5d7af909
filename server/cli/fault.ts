/** Exit codes of the command line (command-line.md): they keep their meaning. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 130;

/** An answer that is not a result: what is wrong, where, and what to do. Not a bug of ours. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
  constructor(
    readonly exit: ExitCode,
    readonly code: string,
    message: string,
    readonly where?: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}
