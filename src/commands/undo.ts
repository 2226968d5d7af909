import type { Command } from './command.ts';

/** What Ctrl+Z does in a model: each undo after the one before, however quickly they come. */
export const undo: Command = {
  id: 'rangefinder.undo',
  run: (host) => host.move('undo'),
};
