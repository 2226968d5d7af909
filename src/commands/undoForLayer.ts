import { layerOf, modelOr, type Command } from './command.ts';
import { pickLayer } from './pickLayer.ts';
import { t } from '../l10n.ts';

/** Takes one layer out of the equalizing that was applied. */
export const undoForLayer: Command = {
  id: 'rangefinder.undoForLayer',
  async run(host, argument) {
    const model = await modelOr(host);
    if (!model) return;
    const layer =
      layerOf(argument) ?? (await pickLayer(host, model, t('Undo equalizing for layer')));
    if (layer !== undefined) await model.undoLayer(layer);
  },
};
