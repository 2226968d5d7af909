import { modelOr, type Command } from './command.ts';

/** Shows what each step did and refused. */
export const showLedger: Command = {
  id: 'rangefinder.showLedger',
  async run(host) {
    if (await modelOr(host, undefined, 'float')) host.showTab('ledger');
  },
};
