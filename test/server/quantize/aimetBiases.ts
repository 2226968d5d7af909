import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../server/core/graph/layer.ts';
import { readFloats } from '../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { foldBatchNorm } from '../../../server/core/passes/foldBatchNorm.ts';
import { defaultTarget } from '../../../server/core/quant/targets.ts';
import type { EncodingSet, TensorEncoding } from '../../../server/core/quant/tensorEncoding.ts';
import type { SampleSet } from '../../../server/data/samples.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { describeValues, type QuantizeContext } from '../../../server/quantize/context.ts';
import type { TaskSamples } from '../../../server/quantize/runTask.ts';
import { createOnnxRuntimeEngine } from '../../../server/engines/onnxruntime/onnxRuntime.ts';
import { engineChild } from '../../kit/documents.ts';

const oracle = process.env['RANGEFINDER_ORACLE'] ?? '../shared/oracle';
const models = process.env['RANGEFINDER_MODELS'] ?? '../shared/models';
const data = process.env['RANGEFINDER_DATA'] ?? '../shared/data';

/** A run of AIMET's `correct_bias`, as the oracle stores it. */
export interface AimetRun {
  readonly granularity: 'perTensor' | 'perChannel';
  readonly scheme: string;
  readonly mode: 'empirical' | 'mixed';
  readonly correctedAnalytically: readonly string[];
  readonly layers: readonly {
    readonly layer: string;
    readonly weightScale: readonly number[];
    readonly biasAfter: readonly number[];
  }[];
}

/** All runs on a model, with the samples that they were made on. */
export interface AimetBiases {
  readonly model: string;
  readonly calibration: {
    readonly data: string;
    readonly count: number;
    readonly preprocess: { readonly mul: number; readonly add: number };
  };
  readonly biasBefore: Readonly<Record<string, readonly number[] | null>>;
  readonly runs: readonly AimetRun[];
}

/** The oracle's file for a model; undefined where it, the model or the samples are not here. */
export function aimetBiases(name: string): AimetBiases | undefined {
  const file = path.join(oracle, `bias-correction/${name}.json`);
  if (!existsSync(file)) return undefined;
  const known = JSON.parse(readFileSync(file, 'utf8')) as AimetBiases;
  const needed = [path.join(models, known.model), path.join(data, known.calibration.data)];
  return needed.every(existsSync) ? known : undefined;
}

/** The run with AIMET's min-max grid in a mode. */
export function runOf(
  { runs }: AimetBiases,
  granularity: AimetRun['granularity'],
  mode: AimetRun['mode'],
): AimetRun {
  const run = runs.find(
    (one) => one.granularity === granularity && one.mode === mode && one.scheme === 'tf',
  );
  assert.ok(run);
  return run;
}

/** The model folded, with AIMET's weight grid, ready to be corrected on AIMET's samples. */
export interface OnAimetsGrid {
  readonly context: QuantizeContext;
  /** The graph before folding. */
  readonly original: Graph;
  readonly layers: readonly Layer[];
  readonly encodings: EncodingSet;
  readonly on: TaskSamples;
  /** Layers with a weight between two levels, which float32 may round either way. */
  readonly ties: ReadonlySet<string>;
}

/** Opens the model of a run for `use`. */
export async function onAimetsGrid<T>(
  known: AimetBiases,
  run: AimetRun,
  use: (opened: OnAimetsGrid) => Promise<T>,
): Promise<T> {
  const opened = await openDocument(path.join(models, known.model), noJob);
  assert.ok(opened.ok);
  const document = opened.value;
  const engine = createOnnxRuntimeEngine({ childPath: engineChild });
  try {
    const original = document.graph;
    const { graph } = await foldBatchNorm.run(original, foldBatchNorm.defaults, noJob);
    const samples = samplesOf(known, graph.inputs[0]?.name ?? '', graph.inputs[0]?.shape ?? []);
    const { count } = known.calibration;
    const on = { samples, indices: Array.from({ length: count }, (_, i) => i), batch: 1 };
    const layers = layersOf(graph, wiringOf(graph));
    const encodings = new Map(
      layers.map((layer) => [layer.weight.name, encodingOf(layer, run)] as const),
    );
    const values = await describeValues(engine, { document, graph }, on, noJob);
    const context = { document, graph, engine, target: defaultTarget, seed: 1, ...values };
    const ties = new Set(
      layers
        .filter(({ weight }) => hasTie(readFloats(weight), weight.dims, encodings.get(weight.name)))
        .map(({ name }) => name),
    );
    return await use({ context, original, layers, encodings, on, ties });
  } finally {
    engine.dispose();
    document.dispose();
  }
}

/** The biases of a graph's layers. */
export const biasesOf = (graph: Graph): Map<string, ArrayLike<number>> =>
  new Map(
    layersOf(graph, wiringOf(graph)).map(({ name, bias }) => [name, bias ? readFloats(bias) : []]),
  );

/** The largest difference, as a share of the largest bias that AIMET has. */
export function shareOff(aimet: readonly number[], ours: ArrayLike<number> | undefined): number {
  const most = Math.max(...aimet.map(Math.abs));
  return Math.max(...aimet.map((want, c) => Math.abs(want - (ours?.[c] ?? NaN)))) / most;
}

/** AIMET's grid of a weight: -128 to 127 steps. */
function encodingOf({ name, weight, kind }: Layer, run: AimetRun): TensorEncoding {
  const scale = Float64Array.from(
    run.layers.find(({ layer }) => layer === name)?.weightScale ?? [],
  );
  assert.ok(scale.length > 0, name);
  const usual = kind === 'conv' || kind === 'gemm' ? 0 : 1;
  const isUsual = weight.dims[usual] === scale.length;
  const axis = isUsual ? usual : weight.dims.indexOf(scale.length);
  return {
    tensor: weight.name,
    kind: 'weight',
    axis: scale.length === 1 ? undefined : axis,
    isSymmetric: true,
    grids: { bits: 8, scale, lowest: scale.map(() => -128), highest: scale.map(() => 127) },
  };
}

/** True where a weight lies between two levels to within the accuracy of float32. */
function hasTie(
  weight: ArrayLike<number>,
  dims: readonly number[],
  encoding: TensorEncoding | undefined,
): boolean {
  assert.ok(encoding);
  const { axis, grids } = encoding;
  const inner = dims.slice((axis ?? -1) + 1).reduce((a, b) => a * b, 1);
  return Array.from(weight).some((value, i) => {
    const channel = axis === undefined ? 0 : Math.floor(i / inner) % grids.scale.length;
    const level = value / (grids.scale[channel] ?? NaN);
    return Math.abs(Math.abs(level - Math.trunc(level)) - 0.5) < 2 ** -17;
  });
}

function samplesOf(
  { calibration }: AimetBiases,
  input: string,
  shape: readonly (number | string | undefined)[],
): SampleSet {
  const bytes = readFileSync(path.join(data, calibration.data, 'data.u8'));
  const size = bytes.length / calibration.count;
  const dims = [1, ...shape.slice(1).map(Number)];
  const { mul, add } = calibration.preprocess;
  return {
    count: calibration.count,
    source: calibration.data,
    fixedBatch: undefined,
    feeds: (wanted) => {
      const index = Number(wanted);
      const own = bytes.subarray(index * size, (index + 1) * size);
      const values = Float32Array.from(own, (byte) => byte * mul + add);
      return Promise.resolve(new Map([[input, { type: 'float32' as const, dims, values }]]));
    },
    dispose: () => Promise.resolve(),
  };
}
