import { modelOr, type Command } from './command.ts';

/** Runs all steps and keeps those that help. */
export const repair: Command = {
  id: 'rangefinder.repair',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'no-preview');
    await model?.repair();
  },
};
