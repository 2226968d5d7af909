import type { Command } from './command.ts';
import { t } from '../l10n.ts';

/** Opens the float model that a quantized one was made from. */
export const openFloatModel: Command = {
  id: 'rangefinder.openFloatModel',
  async run(host) {
    const uri = await host.pickModelFile(t('Open the float model'));
    if (uri) await host.openModel(uri);
  },
};
