import type { Command } from './command.ts';
import { compareCommand } from './compareWith.ts';

/** Compares the model in view with any commit that changed its file. */
export const compareWithRevision: Command = {
  id: 'rangefinder.compareWithRevision',
  run: (host, argument) => compareCommand(host, 'revision', argument),
};
