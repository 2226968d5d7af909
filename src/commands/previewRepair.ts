import { modelOr, type Command } from './command.ts';

/** Shows what Repair would do: which steps it keeps, and what they come to. */
export const previewRepair: Command = {
  id: 'rangefinder.previewRepair',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'no-preview');
    await model?.preview('repair');
  },
};
