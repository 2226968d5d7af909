import { takeSamples } from './chooseSamples.ts';
import { modelOr, type Command } from './command.ts';

/** Measures on seeded inputs that stand in for samples; the numbers say that they are. */
export const useSyntheticInputs: Command = {
  id: 'rangefinder.useSyntheticInputs',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'float');
    if (model) await takeSamples(host, model, { path: `synthetic:${host.seed}` });
  },
};
