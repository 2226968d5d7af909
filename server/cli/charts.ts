import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomic } from '../files.ts';
import type { AnyReport } from '../report/comparisonInput.ts';
import { reportPictures } from '../report/pictures/reportPictures.ts';
import { chartPixels, foreignLetter } from './chartPixels.ts';
import { fromFormat } from './fault.ts';
import { writing } from './outputFiles.ts';
import { counted } from './text.ts';
import type { Workplace } from './workplace.ts';

/** A file that `--charts` writes. */
export interface ChartFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** The charts of a report, all of them before one is written. */
export async function drawCharts(
  input: AnyReport,
  { issues, settings }: Workplace,
): Promise<ChartFile[]> {
  const pictures = reportPictures(input);
  if (pictures.length === 0) {
    const message = 'The report of this model has no charts: --charts wrote nothing.';
    issues.push({ code: 'no-charts', severity: 'warning', message });
  }
  if (settings.text('charts-as') !== 'png') {
    return pictures.map(({ name, svg }) => ({ name: `${name}.svg`, content: svg }));
  }
  const letter = pictures.map(({ svg }) => foreignLetter(svg)).find((one) => one !== undefined);
  if (letter !== undefined) {
    const message = `The typeface of PNG charts has no letters such as ${letter}: boxes stand for them. --charts-as svg leaves the typeface to who opens it.`;
    issues.push({ code: 'no-letters', severity: 'warning', message });
  }
  const draw = await chartPixels();
  return pictures.map(({ name, svg }) => ({ name: `${name}.png`, content: draw(svg) }));
}

/** Writes charts over those of the run before, each whole or not at all; the paths of all. */
export async function writeCharts(
  folder: string,
  charts: readonly ChartFile[],
): Promise<readonly string[]> {
  if (charts.length === 0) return [];
  await writing(folder, async () => {
    await mkdir(folder, { recursive: true });
  });
  const paths: string[] = [];
  for (const { name, content } of charts) {
    const path = join(folder, name);
    const written = await writeFileAtomic(path, content, { overwrite: true });
    if (!written.ok) throw fromFormat(written.error, 4);
    paths.push(path);
  }
  return paths;
}

/** Where the charts are, and what they are called. */
export function chartsText(paths: readonly string[] = []): string[] {
  const [first] = paths;
  if (first === undefined) return [];
  const names = paths.map((path) => basename(path)).join(', ');
  return [`${counted(paths.length, 'chart')} in ${dirname(first)}: ${names}`];
}
