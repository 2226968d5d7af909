import { layerOf, modelOr, type Command } from './command.ts';
import { pickLayer } from './pickLayer.ts';
import { t } from '../l10n.ts';

/** Shows one layer in the table and its cockpit. */
export const revealLayer: Command = {
  id: 'rangefinder.revealLayer',
  async run(host, argument) {
    const model = await modelOr(host, undefined, 'float');
    if (!model) return;
    const layer = layerOf(argument) ?? (await pickLayer(host, model, t('Reveal layer')));
    if (layer !== undefined) host.reveal(layer);
  },
};
