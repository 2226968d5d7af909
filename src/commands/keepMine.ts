import type { Command } from './command.ts';

/** Keeps the unsaved corrections although the file changed on disk. */
export const keepMine: Command = {
  id: 'rangefinder.keepMine',
  async run(host) {
    await host.model?.keepMine();
  },
};
