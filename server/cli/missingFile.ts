import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { CommandFault } from './fault.ts';
import { nearest } from './nearest.ts';

/** What a path that was given is for, and what else may stand there. */
export interface PathRole {
  /** `the model`, `--labels`. */
  readonly is: string;
  /** A folder would do as well. */
  readonly mayBeFolder?: boolean;
  /** Words that are no paths. */
  readonly words?: readonly string[];
  /** Code of the fault, where it is not `not-found`. */
  readonly code?: string;
}

/** Refuses a path at which there is nothing: says what it was for, and what was meant or is looked at. */
export function checkThere(given: string, role: PathRole): void {
  if (existsSync(given)) return;
  const what = role.mayBeFolder ? 'file or folder' : 'file';
  const message = `there is no ${what} "${given}" (${role.is})`;
  throw new CommandFault(3, role.code ?? 'not-found', message, given, remedyFor(given, role));
}

function remedyFor(given: string, { words = [] }: PathRole): string {
  const folder = dirname(given);
  const inFolder = resolve(folder);
  if (!existsSync(folder)) return `there is no folder ${inFolder} either: check the path`;
  const beside = readdirSync(folder);
  const others = [...beside, ...(folder === '.' ? words : [])];
  // The ending alone makes no likeness.
  const like = others.filter((one) => nearest(stem(given), [stem(one)]) !== undefined);
  const close = nearest(basename(given), like);
  if (close === undefined) return `check the path: ${inFolder} has nothing of that name`;
  return `did you mean "${beside.includes(close) ? join(folder, close) : close}"?`;
}

const stem = (path: string): string => basename(path, extname(path));
