import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { elementCount } from '../core/graph/tensor.ts';
import { arraySamples } from './arraySamples.ts';
import { parseCsvLine } from './csvLine.ts';
import { sampleShape } from './openDimensions.ts';
import { BadData, type SampleInput, type SampleSet } from './samples.ts';

/** Names under which a CSV with a header may have its labels. */
const labelColumns = /^(label|labels|class|target|y)$/i;
/** What stands for a number that is not there: such samples are left out. */
const missing = /^(nan|na|null|none|)$/i;

/**
 * Samples from a CSV of numbers: a row a sample, its cells the elements of the input in row-major
 * order. A first line of names is passed over; a column called `label`, `class`, `target` or `y`
 * has the labels.
 */
export async function openCsv(
  path: string,
  input: SampleInput,
  given: Int32Array | undefined,
): Promise<SampleSet> {
  const name = basename(path);
  const sample = sampleShape(input);
  const size = elementCount(sample);
  const rows: Float64Array[] = [];
  const labels: number[] = [];
  let labelAt = -1;
  let line = 0;
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  for await (const text of lines) {
    line++;
    const bare = (line === 1 ? text.replace(/^\ufeff/, '') : text).trim();
    if (bare === '') continue;
    const cells = parseCsvLine(bare).map((cell) => cell.trim());
    if (line === 1 && cells.some(isWord)) {
      labelAt = cells.findIndex((cell) => labelColumns.test(cell));
      continue;
    }
    if (labelAt >= 0) labels.push(labelOf(cells.splice(labelAt, 1)[0] ?? '', name, line));
    if (cells.length !== size) {
      const extra = cells.length === size + 1 && labelAt < 0;
      const text = `Line ${line} of ${name} has ${cells.length} numbers, and the input "${input.name}" takes ${size} ([${sample.join(', ')}]).`;
      const remedy = extra
        ? 'If one column has the labels, call it "label" in a first line of names.'
        : 'Give a row a sample, its numbers in row-major order.';
      throw new BadData('wrong-shape', text, `line ${line}`, remedy);
    }
    const row = Float64Array.from(cells, numberOf);
    if (cells.some((cell, at) => Number.isNaN(row[at]) && !missing.test(cell))) {
      throw notANumber(name, line, cells);
    }
    rows.push(row);
  }
  const found = labelAt >= 0 ? Int32Array.from(labels) : undefined;
  const array = {
    type: 'float64',
    dims: [rows.length, ...sample],
    read(from: number, to: number): Promise<Float64Array> {
      const values = new Float64Array(to - from);
      for (let at = from; at < to; at += size) values.set(rows[at / size] ?? [], at - from);
      return Promise.resolve(values);
    },
    dispose: () => Promise.resolve(),
  } as const;
  return arraySamples(path, [{ input, array, name }], given ?? found, () => Promise.resolve());
}

/** How many samples a CSV has, whatever its lines hold. */
export async function countRows(path: string): Promise<number> {
  let count = 0;
  let line = 0;
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  for await (const text of lines) {
    line++;
    const bare = (line === 1 ? text.replace(/^\ufeff/, '') : text).trim();
    if (bare === '') continue;
    const cells = line === 1 ? parseCsvLine(bare).map((cell) => cell.trim()) : [];
    if (!cells.some(isWord)) count++;
  }
  return count;
}

/** Neither a number nor what stands for one that is not there. */
const isWord = (cell: string): boolean => !missing.test(cell) && Number.isNaN(numberOf(cell));

function numberOf(cell: string): number {
  if (missing.test(cell)) return NaN;
  const infinite = /^([-+]?)inf(inity)?$/i.exec(cell);
  return infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : Number(cell);
}

function labelOf(cell: string, name: string, line: number): number {
  if (/^[-+]?\d{1,9}(\.0*)?$/.test(cell)) return Number(cell);
  const text = `The label in line ${line} of ${name} is "${cell.slice(0, 40)}", not an integer.`;
  throw new BadData('wrong-labels', text, `line ${line}`);
}

function notANumber(name: string, line: number, cells: readonly string[]): BadData {
  const at = cells.findIndex((cell) => !missing.test(cell) && Number.isNaN(numberOf(cell)));
  const text = `Column ${at + 1} of line ${line} of ${name} is "${(cells[at] ?? '').slice(0, 40)}", not a number.`;
  return new BadData('bad-csv', text, `line ${line}`);
}
