import { chooseSamples } from './chooseSamples.ts';
import { modelOr, type Command } from './command.ts';

/** Measures the model on its samples; asks for some where none were chosen. */
export const calibrateAndMeasure: Command = {
  id: 'rangefinder.calibrateAndMeasure',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'float');
    if (!model) return;
    if (model.data.choice) await model.data.measure(false);
    else await chooseSamples.run(host);
  },
};
