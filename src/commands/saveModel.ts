import { modelOr, type Command } from './command.ts';

/** Saves the corrections into the file. */
export const saveModel: Command = {
  id: 'rangefinder.saveModel',
  async run(host) {
    if (await modelOr(host)) await host.saveModel();
  },
};
