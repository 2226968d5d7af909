import type { Command } from './command.ts';

/** Shows the log of the extension and its server. */
export const showLog: Command = {
  id: 'rangefinder.showLog',
  async run(host) {
    host.showLog();
    return Promise.resolve();
  },
};
