import { isModelName } from '../modelFiles.ts';
import { isFile, modelOr, type Command } from './command.ts';
import { showComparison, watchedFile } from './compareWith.ts';
import { t } from '../l10n.ts';

/** Compares the two models that are selected in the explorer, as VS Code does it with texts. */
export const compareSelected: Command = {
  id: 'rangefinder.compareSelected',
  async run(host, _clicked, selected = []) {
    const files = Array.isArray(selected) ? selected.filter(isFile) : [];
    const [first, second] = files;
    if (files.length !== 2 || !first || !second) {
      await host.tell(
        t('Select two model files in the explorer, and choose this from their menu.'),
      );
      return;
    }
    const other = files.find((file) => !isModelName(file));
    if (other) {
      const name = other.path.slice(other.path.lastIndexOf('/') + 1);
      await host.tell(t('{0} is no model file, so there is nothing to compare.', name));
      return;
    }
    const model = await modelOr(host, second, 'layers');
    if (model) await showComparison(host, model, watchedFile(host, first));
  },
};
