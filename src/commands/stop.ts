import type { Command } from './command.ts';

/** Stops what is running on the model in view. */
export const stop: Command = {
  id: 'rangefinder.stop',
  async run(host) {
    host.model?.cancel();
    return Promise.resolve();
  },
};
