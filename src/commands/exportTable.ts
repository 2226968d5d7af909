import type { Choice } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { writeResult } from './writeResult.ts';
import { t } from '../l10n.ts';

const kinds: readonly Choice<'csv' | 'json'>[] = [
  { label: 'CSV', detail: t('One line a layer, for a spreadsheet.'), value: 'csv' },
  { label: 'JSON', detail: t('With names and units, for a program.'), value: 'json' },
];

/** Writes the figures of all layers to a file. */
export const exportTable: Command = {
  id: 'rangefinder.exportTable',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'float');
    if (!model) return;
    const as = await host.choose(t('Layers table as'), kinds);
    if (as === undefined) return;
    await writeResult(host, model, {
      title: t('Export layers table'),
      ending: `.layers.${as}`,
      filters: { [as.toUpperCase()]: [as] },
      what: { kind: 'table', as },
    });
  },
};
