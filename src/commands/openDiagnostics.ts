import type { Uri } from 'vscode';
import { opensAsModel } from '../modelFiles.ts';
import { isFile, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Opens the models that were right-clicked, the clicked one last, or asks for a file. */
export const openDiagnostics: Command = {
  id: 'rangefinder.openDiagnostics',
  async run(host, argument, selected) {
    if (isFile(argument)) {
      const others = Array.isArray(selected) ? selected.filter(isFile).filter(opensAsModel) : [];
      const isOther = (uri: Uri): boolean => uri.toString() !== argument.toString();
      for (const uri of [...others.filter(isOther), argument]) await host.openModel(uri);
      return;
    }
    const uri = await host.pickModelFile(t('Open quantization diagnostics'));
    if (uri) await host.openModel(uri);
  },
};
