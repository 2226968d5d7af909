import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of the stored models and data sets; they may be absent. */
export const modelsFolder = process.env['RANGEFINDER_MODELS'] ?? join(root, '../shared/models');
export const dataFolder = process.env['RANGEFINDER_DATA'] ?? join(root, '../shared/data');

/** How `golden/<file>.json` describes the reference outputs of a model. */
interface GoldenFile {
  readonly model: string;
  readonly dataset: string;
  readonly indices: readonly number[];
  readonly preprocess: {
    readonly mul?: number | readonly number[];
    readonly add?: number | readonly number[];
    readonly layout?: string;
    readonly size?: readonly number[];
    readonly gray?: boolean;
    readonly bgr?: boolean;
  };
  readonly inputShape: readonly number[];
  readonly outputs: readonly { name: string; shape: readonly number[]; file: string }[];
}

/** A stored model, its inputs and the outputs another runtime computed. */
export interface Golden {
  readonly name: string;
  readonly modelPath: string;
  readonly dims: readonly number[];
  readonly input: () => Float32Array;
  readonly outputs: () => Map<string, { dims: readonly number[]; values: Float32Array }>;
}

/** The golden files of models with this extension; none where the models are absent. */
export function goldens(extension: string): Golden[] {
  if (!existsSync(modelsFolder)) return [];
  return readdirSync(modelsFolder)
    .map((model) => join(modelsFolder, model, 'golden'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(`.${extension}.json`))
    .map(goldenOf);
}

/** All samples of the data set of a golden file, in pieces, and their labels. */
export interface Labelled {
  readonly labels: readonly number[];
  /** Samples from `start` on, as the network takes them. */
  piece(start: number, count: number): { dims: readonly number[]; values: Float32Array };
}

/** The labelled samples for `golden/<file>.json`; undefined where the data is absent. */
export function labelledFor(model: string, file: string): Labelled | undefined {
  const path = join(modelsFolder, model, 'golden', `${file}.json`);
  if (!existsSync(path)) return undefined;
  const golden = JSON.parse(readFileSync(path, 'utf8')) as GoldenFile;
  const folder = join(dataFolder, golden.dataset);
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((one) => /^labels\.u(8|16)$/.test(one)) ?? '';
  const bytes = bytesOf(join(folder, name));
  const labels = Array.from(name.endsWith('8') ? new Uint8Array(bytes) : new Uint16Array(bytes));
  return {
    labels,
    piece(start, count) {
      const indices = Array.from({ length: count }, (_, i) => start + i);
      const dims = [count, ...golden.inputShape.slice(1)];
      return { dims, values: inputOf({ ...golden, indices, inputShape: dims }) };
    },
  };
}

function goldenOf(path: string): Golden {
  const file = JSON.parse(readFileSync(path, 'utf8')) as GoldenFile;
  const folder = dirname(dirname(path));
  const modelPath = join(folder, file.model);
  return {
    name: relative(modelsFolder, modelPath),
    modelPath,
    dims: file.inputShape,
    input: () => inputOf(file),
    outputs: () =>
      new Map(
        file.outputs.map(({ name, shape, file: raw }) => [
          name,
          { dims: shape, values: new Float32Array(bytesOf(join(folder, raw))) },
        ]),
      ),
  };
}

/** The samples of a data set as the network takes them: x = data * mul + add, then the layout. */
function inputOf({ dataset, indices, preprocess, inputShape }: GoldenFile): Float32Array {
  const folder = join(dataFolder, dataset);
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as {
    file: string;
    dtype: string;
    shape: readonly number[];
  };
  const { size, gray, bgr, layout } = preprocess;
  const isResized = size?.some((length, axis) => length !== meta.shape[axis + 1]) ?? false;
  if (isResized || bgr || (gray && layout === 'NCHW')) {
    throw new Error(`${dataset}: this preprocessing is not known to the test`);
  }
  const bytes = bytesOf(join(folder, meta.file));
  const data = meta.dtype === 'f32' ? new Float32Array(bytes) : new Uint8Array(bytes);
  const [, ...sample] = meta.shape;
  const perSample = sample.reduce((a, b) => a * b, 1);
  const out = new Float32Array(inputShape.reduce((a, b) => a * b, 1));
  const channels = sample.at(-1) ?? 1;
  const positions = perSample / channels;
  if (gray) {
    const [red, green, blue] = [0.299, 0.587, 0.114] as const;
    for (const [at, index] of indices.entries()) {
      for (let i = 0; i < positions; i++) {
        const from = index * perSample + i * channels;
        const luma =
          red * (data[from] ?? NaN) +
          green * (data[from + 1] ?? NaN) +
          blue * (data[from + 2] ?? NaN);
        out[at * positions + i] =
          Math.fround(luma) * of(preprocess.mul, 0, 1) + of(preprocess.add, 0, 0);
      }
    }
    return out;
  }
  for (const [at, index] of indices.entries()) {
    for (let i = 0; i < perSample; i++) {
      const channel = i % channels;
      const value =
        Math.fround((data[index * perSample + i] ?? NaN) * of(preprocess.mul, channel, 1)) +
        of(preprocess.add, channel, 0);
      const place = layout === 'NCHW' ? channel * positions + Math.floor(i / channels) : i;
      out[at * perSample + place] = value;
    }
  }
  return out;
}

const of = (
  values: number | readonly number[] | undefined,
  channel: number,
  otherwise: number,
): number => Math.fround((typeof values === 'number' ? values : values?.[channel]) ?? otherwise);

function bytesOf(path: string): ArrayBuffer {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
