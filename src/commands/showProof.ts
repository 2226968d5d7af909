import { modelOr, type Command } from './command.ts';

/** Shows that the float model still computes the same. */
export const showProof: Command = {
  id: 'rangefinder.showProof',
  async run(host) {
    if (await modelOr(host, undefined, 'float')) host.showTab('proof');
  },
};
