import { modelOr, type Command } from './command.ts';
import { writeResult } from './writeResult.ts';
import { t } from '../l10n.ts';

/** Writes what was wrong, what was done and how it was proved as one page to send. */
export const exportReport: Command = {
  id: 'rangefinder.exportReport',
  async run(host, argument) {
    const model = await modelOr(host, argument);
    if (!model) return;
    await writeResult(host, model, {
      title: t('Export report'),
      ending: '.report.html',
      filters: { HTML: ['html'], 'CSV (layers)': ['csv'], 'JSON (layers)': ['json'] },
      what: { kind: 'report' },
    });
  },
};
