import type { Uri } from 'vscode';
import type { DrawnChart } from '../../server/protocol/panel.ts';
import type { Choice, Host } from '../host.ts';
import { besideModel } from '../modelFiles.ts';
import { modelOr, type Command } from './command.ts';
import { tellWritten } from './tellWritten.ts';
import { t } from '../l10n.ts';

/** Has the page of the model show a menu of its charts; the one chosen comes to `writeChart`. */
export const saveChart: Command = {
  id: 'rangefinder.saveChart',
  async run(host) {
    if (await modelOr(host, undefined, 'layers')) host.askForChart();
  },
};

type Format = 'svg' | 'png';

const filters: Readonly<Record<Format, Record<string, string[]>>> = {
  svg: { SVG: ['svg'] },
  png: { PNG: ['png'] },
};

/** Writes a chart of a page where the user wants it; says so where it cannot be written. */
export async function writeChart(host: Host, model: Uri, chart: DrawnChart): Promise<void> {
  const format = chart.as ?? (await host.choose(t('Save chart as'), formatsOf(chart)));
  if (format === undefined) return;
  const bytes = bytesOf(chart, format);
  if (!bytes) {
    await host.tell(t('The chart is too large for a picture of pixels. Save it as SVG instead.'));
    return;
  }
  const proposed = besideModel(model, `.${chart.name}.${format}`);
  let to = await host.pickSaveFile(t('Save chart'), proposed, filters[format]);
  while (to) {
    const fault = await whyNotWritten(host, to, bytes);
    if (fault === undefined) return tellWritten(host, to);
    const again = await host.tell(
      t('{0} could not be written: {1} Choose another place.', nameOf(to), fault),
      t('Choose another place'),
    );
    to = again ? await host.pickSaveFile(t('Save chart'), to, filters[format]) : undefined;
  }
}

const formatsOf = ({ png }: DrawnChart): readonly Choice<Format>[] => [
  { label: 'SVG', detail: t('Lines and words, sharp at every size.'), value: 'svg' },
  ...(png === undefined
    ? []
    : [{ label: 'PNG', detail: t('Pixels, two for one of the screen.'), value: 'png' } as const]),
];

const bytesOf = ({ svg, png }: DrawnChart, format: Format): Uint8Array | undefined =>
  format === 'svg'
    ? new TextEncoder().encode(svg)
    : png === undefined
      ? undefined
      : Uint8Array.from(atob(png), (c) => c.charCodeAt(0));

/** The fault as a sentence; nothing where the file is written. */
async function whyNotWritten(host: Host, to: Uri, bytes: Uint8Array): Promise<string | undefined> {
  try {
    await host.writeFile(to, bytes);
    return undefined;
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return /[.!?]$/.test(message) ? message : `${message}.`;
  }
}

const nameOf = ({ path }: Uri): string => path.slice(path.lastIndexOf('/') + 1);
