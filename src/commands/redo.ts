import type { Command } from './command.ts';

/** What Ctrl+Y does in a model: each redo after the one before, however quickly they come. */
export const redo: Command = {
  id: 'rangefinder.redo',
  run: (host) => host.move('redo'),
};
