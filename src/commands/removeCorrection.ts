import { modelOr, type Command } from './command.ts';

/** Brings the biases from before a correction back, bit for bit. */
export const removeCorrection: Command = {
  id: 'rangefinder.removeCorrection',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'corrected-biases');
    await model?.data.removeCorrection();
  },
};
