import type { ActiveModel, Choice, Host } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { hasOther, writeComparison } from './exportComparison.ts';
import { writeResult } from './writeResult.ts';
import { t } from '../l10n.ts';

/** Writes what was wrong, what was done and how it was proved as one page to send. */
export const exportReport: Command = {
  id: 'rangefinder.exportReport',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'layers');
    if (!model) return;
    const of = await subjectOf(host, model);
    if (of === 'comparison') return writeComparison(host, model);
    if (of === 'model') {
      await writeResult(host, model, {
        title: t('Export report'),
        ending: '.report.html',
        filters: { HTML: ['html'], [t('CSV (layers)')]: ['csv'], JSON: ['json'] },
        what: { kind: 'report' },
      });
    }
  },
};

type Subject = 'model' | 'comparison';

/** While another model is compared with there are two reports to write. */
async function subjectOf(
  host: Host,
  { name, comparison: { sides } }: ActiveModel,
): Promise<Subject | undefined> {
  if (!hasOther(sides)) return 'model';
  const others = sides.flatMap((side) => (side.kind === 'other' ? side.title : []));
  const choices: readonly Choice<Subject>[] = [
    {
      label: name,
      detail: t('What was wrong, what was done and how it was proved, as one page.'),
      value: 'model',
    },
    {
      label: t('Comparison with {0}', others.join(', ')),
      detail: t('How the two differ, and what each keeps on the target, as one page.'),
      value: 'comparison',
    },
  ];
  return host.choose(t('Report of'), choices);
}
