import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { readFloats } from '../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../server/core/job.ts';
import { forEachRun } from '../../../server/core/kernels/channels.ts';
import { absorbHighBias } from '../../../server/core/passes/absorbHighBias.ts';
import { equalizeLayers } from '../../../server/core/passes/equalizeLayers.ts';
import { foldBatchNorm } from '../../../server/core/passes/foldBatchNorm.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { closeTo, type Tolerance } from '../../kit/run.ts';

/**
 * Cross-layer scaling beside AIMET 2.42 on real models (shared/oracle/README.md). Layers are
 * compared by position: some of these files have nodes without names.
 */
const root = path.resolve(import.meta.dirname, '../../..');
const models = process.env['RANGEFINDER_MODELS'] ?? path.join(root, '../shared/models');
const oracle = process.env['RANGEFINDER_ORACLE'] ?? path.join(root, '../shared/oracle');

interface Oracle {
  readonly fold: { readonly backward: readonly { readonly layer: string }[] };
  readonly cls: readonly {
    readonly layers: readonly string[];
    readonly pairs: readonly { readonly scale: number[]; readonly reluBetween: boolean }[];
  }[];
  readonly highBias: readonly { readonly changed: boolean; readonly absorbedChannels?: number }[];
  readonly layers: readonly {
    readonly layer: string;
    readonly op: string;
    readonly weight: string;
    readonly afterFold?: Snapshot;
    readonly afterEqualize?: Snapshot;
  }[];
}

interface Snapshot {
  readonly weightMin: number[];
  readonly weightMax: number[];
  readonly bias: number[] | null;
}

const cases = [
  ['ultralight-rfb320', 'version-RFB-320.onnx', 'named-inputs-dropped', 'keep'],
  [
    'ultralight-rfb320',
    'version-RFB-320_simplified.onnx',
    'simplified-named-inputs-dropped',
    'keep',
  ],
  ['stm32-mobilenetv2-05-128', 'mobilenet_v2_128_0.5.onnx', 'as-is', 'keep'],
  ['stm32-mobilenetv2-05-128', 'mobilenet_v2_128_0.5.onnx', 'clip-constants', 'relu'],
] as const;

/** README of the oracle, "How close to compare", and float32 steps of AIMET between. */
const scaleTolerance: Tolerance = { relative: 0, absolute: 0 };
const relativeScale = 3e-6;
const rangeTolerance: Tolerance = { relative: 6e-7, absolute: 0 };
const biasTolerance: Tolerance = { relative: 5e-7, absolute: 0 };

describe('cross-layer scaling beside AIMET', () => {
  for (const [model, file, variant, relu6] of cases) {
    it(`${model}/${variant}`, async function () {
      const modelFile = path.join(models, model, file);
      const oracleFile = path.join(oracle, 'aimet-onnx', model, `${variant}.json`);
      if (!fs.existsSync(modelFile) || !fs.existsSync(oracleFile)) this.skip();
      const expected = JSON.parse(fs.readFileSync(oracleFile, 'utf8')) as Oracle;
      const opened = await openDocument(modelFile, noJob);
      assert.ok(opened.ok);
      const { graph } = opened.value;
      const nameOf = namesByPosition(graph, expected);
      const folded = await foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);
      const options = { ...equalizeLayers.defaults, sets: 'aimet', relu6 } as const;
      const result = await equalizeLayers.run(folded.graph, options, noJob);
      const actual = new Map(
        result.applied.map((set) => [set.nodes.map((id) => nameOf.get(id)).join(), set]),
      );
      assert.deepEqual(
        [...actual.keys()].sort(),
        expected.cls.map(({ layers }) => layers.join()).sort(),
      );
      for (const set of expected.cls) {
        const ours = actual.get(set.layers.join());
        for (const [at, pair] of set.pairs.entries()) {
          assert.equal(ours?.reluBetween[at], pair.reluBetween);
          const ratio = Float64Array.from(
            ours?.scale[at] ?? [],
            (s, c) => s / (pair.scale[c] ?? NaN),
          );
          closeTo(
            ratio,
            ratio.map(() => 1),
            { ...scaleTolerance, absolute: relativeScale },
            `${set.layers.join()} s${at}`,
          );
        }
      }
      // AIMET absorbs between the layers of its sets only, and does not ask for padding.
      const pairs = result.applied.flatMap(({ layers }) =>
        layers.slice(1).map((to, at) => [layers[at] ?? '', to]),
      );
      const absorption = { ...absorbHighBias.defaults, pairs, allowBorderEffect: true };
      const absorbed = await absorbHighBias.run(result.graph, absorption, noJob);
      assert.equal(
        absorbed.applied.length,
        expected.highBias.filter(({ changed }) => changed).length,
      );
      compareLayers(folded.graph, absorbed.graph, nameOf, expected);
      opened.value.dispose();
    });
  }
});

function compareLayers(
  folded: Graph,
  equalized: Graph,
  nameOf: ReadonlyMap<number, string>,
  expected: Oracle,
): void {
  const layers = new Map(
    layersOf(equalized, wiringOf(equalized)).map((layer) => [nameOf.get(layer.node.id), layer]),
  );
  const before = new Map(
    layersOf(folded, wiringOf(folded)).map((layer) => [nameOf.get(layer.node.id), layer]),
  );
  let compared = 0;
  for (const { layer: name, afterFold } of expected.layers) {
    const layer = before.get(name);
    if (layer && afterFold) compare(layer, afterFold, `${name} folded`);
  }
  for (const { layer: name, afterEqualize } of expected.layers) {
    const layer = layers.get(name);
    if (!layer || !afterEqualize) continue;
    compare(layer, afterEqualize, name);
    compared++;
  }
  assert.ok(compared > 0 || expected.cls.length === 0);
}

function compare(layer: Layer, snapshot: Snapshot, what: string): void {
  const { weightMin, weightMax } = rangesOf(layer);
  closeTo(weightMin, snapshot.weightMin, rangeTolerance, `${what} min`);
  closeTo(weightMax, snapshot.weightMax, rangeTolerance, `${what} max`);
  if (snapshot.bias) {
    closeTo(layer.bias ? readFloats(layer.bias) : [], snapshot.bias, biasTolerance, `${what} bias`);
  }
}

function rangesOf({ weight, layout, outChannels }: Layer): {
  weightMin: Float64Array;
  weightMax: Float64Array;
} {
  const w = readFloats(weight);
  const weightMin = new Float64Array(outChannels).fill(Infinity);
  const weightMax = new Float64Array(outChannels).fill(-Infinity);
  forEachRun(layout, (out, _input, offset) => {
    for (const value of w.subarray(offset, offset + layout.taps)) {
      weightMin[out] = Math.min(weightMin[out] ?? 0, value);
      weightMax[out] = Math.max(weightMax[out] ?? 0, value);
    }
  });
  return { weightMin, weightMax };
}

/** The oracle's names of our layers: the k-th layer of a weight's name is the k-th in the file. */
function namesByPosition(graph: Graph, expected: Oracle): Map<number, string> {
  const names = new Map<number, string>();
  for (const layer of layersOf(graph, wiringOf(graph))) {
    const found = expected.layers.find(({ weight }) => weight === layer.weight.name);
    if (found) names.set(layer.node.id, found.layer);
  }
  return names;
}
