import type { Command } from './command.ts';

/** Reads the file again after it could not be read. */
export const tryAgain: Command = {
  id: 'rangefinder.tryAgain',
  async run(host) {
    await host.model?.reload();
  },
};
