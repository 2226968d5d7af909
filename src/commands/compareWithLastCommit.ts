import type { Command } from './command.ts';
import { compareCommand } from './compareWith.ts';

/** Compares the model in view with what the last commit has of its file. */
export const compareWithLastCommit: Command = {
  id: 'rangefinder.compareWithLastCommit',
  run: (host, argument) => compareCommand(host, 'lastCommit', argument),
};
