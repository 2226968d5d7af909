import { modelOr, type Command } from './command.ts';

/** Goes back from a preview to the model as it is. */
export const discardPreview: Command = {
  id: 'rangefinder.discardPreview',
  async run(host) {
    const model = await modelOr(host, undefined, 'preview');
    await model?.discardPreview();
  },
};
