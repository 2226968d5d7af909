import { chooseSamples } from './chooseSamples.ts';
import { modelOr, type Command } from './command.ts';

/** Measures the outputs with each layer quantized alone, and with each left in float alone. */
export const measureSensitivity: Command = {
  id: 'rangefinder.measureSensitivity',
  async run(host) {
    const model = await modelOr(host, undefined, 'float');
    if (!model) return;
    if (!model.data.choice) await chooseSamples.run(host);
    if (model.data.choice) await model.data.measure(true);
  },
};
