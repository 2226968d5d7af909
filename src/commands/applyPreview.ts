import { modelOr, type Command } from './command.ts';

/** Makes the previewed steps real. */
export const applyPreview: Command = {
  id: 'rangefinder.applyPreview',
  async run(host) {
    const model = await modelOr(host, undefined, 'preview');
    await model?.applyPreview();
  },
};
