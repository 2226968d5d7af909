import type { Layer } from '../core/graph/layer.ts';
import { Npz } from '../data/npz.ts';
import { CommandFault } from './fault.ts';
import { checkThere } from './missingFile.ts';
import { nearest } from './nearest.ts';

/**
 * Reads the mean of each input channel of layers from an `.npz`: under the layer's name a vector of
 * means, or measured inputs with the channels on axis 1, those of a MatMul on the last axis, over
 * which it sums. Where the array is quantized, `NAME.scale` and `NAME.zero_point` make it real numbers first. Throws `CommandFault`.
 */
export async function readInputMeans(
  path: string | undefined,
  layers: readonly Layer[],
): Promise<ReadonlyMap<string, Float64Array>> {
  if (path === undefined) {
    const text =
      '--method given needs --input-mean FILE.npz: an array for each layer, one mean an input channel';
    throw new CommandFault(2, 'usage', text);
  }
  checkThere(path, { is: '--input-mean' });
  const npz = await Npz.open(path);
  try {
    const means = new Map<string, Float64Array>();
    for (const name of npz.names) {
      if (/\.(scale|zero_point)$/.test(name)) continue;
      const layer = layers.find((one) => one.name === name);
      if (!layer) throw unknownLayer(name, path, layers);
      means.set(name, checked(await meanOf(npz, layer), layer, path));
    }
    return means;
  } finally {
    await npz.dispose();
  }
}

/** The means of an array of the file, in real numbers. */
async function meanOf(npz: Npz, { name, kind }: Layer): Promise<Float64Array> {
  const { values, dims } = await numbers(npz, name);
  const scale = (await numbers(npz, `${name}.scale`)).values[0] ?? 1;
  const zero = (await numbers(npz, `${name}.zero_point`)).values[0] ?? 0;
  const axis = kind === 'matMul' ? dims.length - 1 : 1;
  const channels = dims.length < 2 ? values.length : (dims[axis] ?? 0);
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Float64Array(channels);
  for (const [i, value] of values.entries()) {
    const channel = dims.length < 2 ? i : Math.floor(i / inner) % channels;
    sums[channel] = (sums[channel] ?? 0) + (value - zero) * scale;
  }
  return sums.map((sum) => (sum * channels) / Math.max(1, values.length));
}

async function numbers(
  npz: Npz,
  name: string,
): Promise<{ readonly values: Float64Array; readonly dims: readonly number[] }> {
  const array = npz.names.includes(name) ? await npz.array(name) : undefined;
  if (!array) return { values: new Float64Array(0), dims: [] };
  const count = array.dims.reduce((a, b) => a * b, 1);
  const values = (await array.read(0, count)) as ArrayLike<number | bigint>;
  return { values: Float64Array.from(values, Number), dims: array.dims };
}

function checked(means: Float64Array, layer: Layer, path: string): Float64Array {
  const { name, inChannels } = layer;
  if (!means.every(Number.isFinite)) {
    throw new CommandFault(3, 'not-finite', `the means of "${name}" are not all finite`, path);
  }
  const isFlat = layer.kind === 'gemm' || layer.kind === 'matMul';
  const fits =
    means.length === inChannels || (isFlat && means.length > 0 && inChannels % means.length === 0);
  if (fits) return means;
  const text = `"${name}" has ${inChannels} input channels, and ${means.length} means were given`;
  throw new CommandFault(3, 'wrong-length', text, path, 'give one mean an input channel');
}

function unknownLayer(name: string, path: string, layers: readonly Layer[]): CommandFault {
  const close = nearest(
    name,
    layers.map((layer) => layer.name),
  );
  const remedy = close === undefined ? 'analyze lists the layers' : `did you mean "${close}"?`;
  return new CommandFault(3, 'unknown-layer', `there is no layer "${name}"`, path, remedy);
}
