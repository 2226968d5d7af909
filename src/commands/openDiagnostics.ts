import { isFile, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Opens the model that was right-clicked, or asks for a file. */
export const openDiagnostics: Command = {
  id: 'rangefinder.openDiagnostics',
  async run(host, argument) {
    const uri = isFile(argument)
      ? argument
      : await host.pickModelFile(t('Open Quantization Diagnostics'));
    if (uri) await host.openModel(uri);
  },
};
