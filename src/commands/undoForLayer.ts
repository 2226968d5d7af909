import type { LayerRow } from '../../server/protocol/model.ts';
import type { ActiveModel, Host } from '../host.ts';
import { layerOf, modelOr, type Command } from './command.ts';
import { pickLayer } from './pickLayer.ts';
import { t } from '../l10n.ts';

/** Takes one layer out of the equalizing that was applied. */
export const undoForLayer: Command = {
  id: 'rangefinder.undoForLayer',
  async run(host, argument) {
    const model = await modelOr(host);
    if (!model) return;
    const layer = layerOf(argument) ?? (await askLayer(host, model));
    if (layer !== undefined) await model.undoLayer(layer);
  },
};

/** Asks for one of the layers that were equalized. */
async function askLayer(host: Host, model: ActiveModel): Promise<number | undefined> {
  const isEqualized = ({ isEqualized: is }: LayerRow): boolean => is === true;
  if (model.state?.layers.some(isEqualized))
    return pickLayer(host, model, t('Undo equalizing for layer'), isEqualized);
  await host.tell(t('No layer was equalized, so there is nothing to undo.'));
  return undefined;
}
