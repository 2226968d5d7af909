import { layerOf, modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Corrects the biases of the selected layers only. */
export const correctSelected: Command = {
  id: 'rangefinder.correctSelected',
  async run(host, argument) {
    const model = await modelOr(host, undefined, 'no-preview');
    if (!model) return;
    const layer = layerOf(argument);
    const layers = layer === undefined ? host.selection : [layer];
    if (layers.length === 0)
      await host.tell(t('Select the layers first, in the table of the model.'));
    else await model.apply(host.requests(['correct'], layers));
  },
};
