import type { Command } from './command.ts';
import { compareCommand } from './compareWith.ts';

/** Compares the model in view with another file, of whatever format. */
export const compareWithFile: Command = {
  id: 'rangefinder.compareWithFile',
  run: (host, argument) => compareCommand(host, 'file', argument),
};
