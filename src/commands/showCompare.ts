import { modelOr, type Command } from './command.ts';

/** Shows two models or states side by side. */
export const showCompare: Command = {
  id: 'rangefinder.showCompare',
  async run(host) {
    if (await modelOr(host, undefined, 'layers')) host.showTab('compare');
  },
};
