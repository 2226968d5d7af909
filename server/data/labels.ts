import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { elementCount } from '../core/graph/tensor.ts';
import { nounText } from '../core/reports/words.ts';
import { fileSource } from './byteSource.ts';
import { castValues } from './castValues.ts';
import { openNpy, type NpyArray } from './npy.ts';
import { BadData } from './samples.ts';

/** Names under which an `.npz` may have its labels. */
export const labelNames = ['y', 'labels'] as const;

/** One integer a sample from an array of any number type. */
export async function labelsOfArray(array: NpyArray, name: string): Promise<Int32Array> {
  const values = await array.read(0, elementCount(array.dims));
  return castValues(values, 'int32', name) as Int32Array;
}

/** What a user can give instead. */
export const howToLabel =
  'Labels are one integer a sample, in the order of the samples: a text or CSV of one column, .npy, or raw .u8, .u16 or .i32. Pictures take a CSV of two columns as well, file name and label.';

/** Labels of another number than the samples. */
export const unlikeLabels = (labels: number, count: number, noun = 'sample'): BadData =>
  new BadData(
    'wrong-labels',
    `There ${labels === 1 ? 'is' : 'are'} ${nounText(labels, 'label')} and ${nounText(count, noun)}.`,
    'labels',
    `Give one integer for each ${noun}.`,
  );

/** The start of a line, without what would change the terminal. */
export const printable = (line: string): string => line.slice(0, 40).replace(/\p{C}/gu, '�');

type Raw = typeof Uint8Array | typeof Uint16Array | typeof Int32Array;
/** Elements of raw labels, little-endian, by the ending of their file. */
const rawLabels = new Map<string, Raw>([
  ['.u8', Uint8Array],
  ['.u16', Uint16Array],
  ['.i32', Int32Array],
]);

/** Not a text: numbers only, in the order of the samples. */
export const isBinary = (path: string): boolean =>
  ['.npy', ...rawLabels.keys()].includes(extname(path).toLowerCase());

/** Labels of a `.npy`, of raw integers (`.u8`, `.u16`, `.i32`), or of a text or CSV file with one integer a line (a first line of words is skipped). */
export async function readLabels(path: string): Promise<Int32Array> {
  const name = basename(path);
  if (path.toLowerCase().endsWith('.npy')) {
    return labelsOfArray(await openNpy(await fileSource(path), name), name);
  }
  const raw = rawLabels.get(extname(path).toLowerCase());
  if (raw) {
    const bytes = Uint8Array.from(await readFile(path));
    const size = raw.BYTES_PER_ELEMENT;
    if (bytes.length % size === 0)
      return Int32Array.from(new raw(bytes.buffer) as ArrayLike<number>);
    const text = `${name} has ${bytes.length} bytes, which are no whole labels of ${size} bytes.`;
    throw new BadData('wrong-labels', text, name);
  }
  const content = await readFile(path, 'utf8');
  if (/[\0\ufffd]/.test(content.slice(0, 4096))) {
    throw new BadData('wrong-labels', `${name} is no text.`, name, howToLabel);
  }
  const lines = content.split(/\r?\n/).map((line) => line.trim());
  const labels: number[] = [];
  for (const [at, line] of lines.entries()) {
    if (line === '' || (at === 0 && !/^[-+]?\d/.test(line))) continue;
    if (!/^[-+]?\d{1,9}$/.test(line)) {
      const text = `Line ${at + 1} of ${name} is "${printable(line)}", not one integer.`;
      throw new BadData('wrong-labels', text, `line ${at + 1}`, howToLabel);
    }
    labels.push(Number(line));
  }
  return Int32Array.from(labels);
}
