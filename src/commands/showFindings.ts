import { modelOr, type Command } from './command.ts';

/** Shows what is wrong and what helps. */
export const showFindings: Command = {
  id: 'rangefinder.showFindings',
  async run(host) {
    if (await modelOr(host, undefined, 'layers')) host.showTab('findings');
  },
};
