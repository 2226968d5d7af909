import type { ActiveModel, Host } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { writeResult } from './writeResult.ts';
import { t } from '../l10n.ts';

/** Writes what the Compare tab shows as one page to send. */
export const exportComparison: Command = {
  id: 'rangefinder.exportComparison',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'layers');
    if (!model) return;
    if (!hasTwoSides(model)) {
      host.showTab('compare');
      await host.tell(t('Choose another model to compare {0} with first.', model.name));
      return;
    }
    await writeComparison(host, model);
  },
};

/** Asks where to, and writes the comparison that is shown. */
export const writeComparison = (host: Host, model: ActiveModel): Promise<void> =>
  writeResult(host, model, {
    title: t('Export comparison'),
    ending: '.comparison.html',
    filters: { HTML: ['html'], CSV: ['csv'], JSON: ['json'] },
    what: { kind: 'comparison', sides: model.comparison.sides },
  });

/** A quantized model has no other states than itself. */
const hasTwoSides = ({ state, comparison }: ActiveModel): boolean =>
  state?.kind !== 'quantized' || hasOther(comparison.sides);

/** Another file is compared with. */
export const hasOther = (sides: ActiveModel['comparison']['sides']): boolean =>
  sides.some(({ kind }) => kind === 'other');
