import { unreachable } from '../core/result.ts';
import { Cancelled } from '../core/job.ts';
import { BadData } from '../data/samples.ts';
import { EngineFault } from '../engines/engine.ts';
import { BadFile } from '../formats/badFile.ts';
import type { FormatFault } from '../formats/format.ts';
import { systemFault } from '../refused.ts';
import { WrongOption } from '../runSteps.ts';

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

/** The fault that something thrown amounts to. What nobody expected is a bug of ours. */
export function faultOf(thrown: unknown): CommandFault {
  if (thrown instanceof CommandFault) return thrown;
  if (thrown instanceof Cancelled) return stopped();
  if (thrown instanceof WrongOption) return new CommandFault(2, 'usage', thrown.message);
  if (thrown instanceof EngineFault) return fromEngine(thrown);
  if (thrown instanceof BadData) {
    return new CommandFault(3, thrown.code, thrown.message, thrown.where, thrown.remedy);
  }
  if (thrown instanceof BadFile) return fromFormat(thrown.fault, 3);
  const system = systemFault(thrown);
  if (system) {
    const exit = system.code === 'file-missing' ? 3 : 4;
    return new CommandFault(exit, system.code, system.message, system.where);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CommandFault(5, 'internal', `a bug of ours: ${message}`);
}

/** The user stopped the command. */
export const stopped = (): CommandFault =>
  new CommandFault(130, 'stopped', 'stopped; nothing was written');

/** A fault of a file. The byte to blame is said once. */
export function fromFormat(fault: FormatFault, exit: 3 | 4): CommandFault {
  const { offset, message } = fault;
  const isSaid = offset === undefined || offset === 0 || /\bbyte \d/.test(message);
  const text = isSaid ? message : `${message.replace(/\.$/, '')} (at byte ${offset}).`;
  return new CommandFault(exit, fault.code, text, fault.where, fault.remedy);
}

function fromEngine(fault: EngineFault): CommandFault {
  switch (fault.code) {
    case 'cannot-load':
    case 'cannot-run':
      return new CommandFault(4, fault.code, fault.message, fault.where);
    case 'died':
    case 'not-available':
      return new CommandFault(5, fault.code, fault.message, fault.where);
    default:
      return unreachable(fault.code);
  }
}
