import { modelOr, type Command } from './command.ts';

/** Shows the network as a picture, coloured by what hurts. */
export const showGraph: Command = {
  id: 'rangefinder.showGraph',
  async run(host) {
    if (await modelOr(host, undefined, 'layers')) host.showTab('graph');
  },
};
