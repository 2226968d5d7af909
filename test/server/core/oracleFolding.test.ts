import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../server/core/graph/layer.ts';
import { readFloats } from '../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { clearDeadChannels } from '../../../server/core/passes/clearDeadChannels.ts';
import { foldBatchNorm } from '../../../server/core/passes/foldBatchNorm.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { checkExact } from '../../kit/passChecks.ts';
import { Random } from '../../kit/random.ts';
import { closeTo, type Tolerance } from '../../kit/run.ts';

/** Folding beside AIMET 2.42 on real models (shared/oracle/README.md), layers by their weight. */
const root = path.resolve(import.meta.dirname, '../../..');
const models = process.env['RANGEFINDER_MODELS'] ?? path.join(root, '../shared/models');
const oracle = process.env['RANGEFINDER_ORACLE'] ?? path.join(root, '../shared/oracle');

interface Oracle {
  readonly fold: {
    readonly batchNormsBefore: number;
    readonly backward: readonly {
      readonly weight: string;
      readonly bnOutput: string;
      readonly gamma: number[];
      readonly beta: number[];
    }[];
    readonly forward: readonly object[];
    readonly standalone: readonly object[];
  };
  readonly layers: readonly { readonly weight: string; readonly afterFold?: Snapshot }[];
}

interface Snapshot {
  readonly weightMin: number[];
  readonly weightMax: number[];
  readonly bias: number[];
}

/** README, "How close to compare": ranges relative to each, biases to the largest of the layer. */
const ranges: Tolerance = { relative: 6e-7, absolute: 0 };
const biases: Tolerance = { relative: 5e-7, absolute: 0 };
/** algorithms.md 14: float32 weights. */
const outputs: Tolerance = { relative: 1e-4, absolute: 0 };
/** The twin was folded in float32, ours in double. */
const twin: Tolerance = { relative: 1e-6, absolute: 0 };

const ultralight = 'ultralight-rfb320/version-RFB-320.onnx';
const cases = [
  [ultralight, 'ultralight-rfb320/named-inputs-dropped'],
  ['stm32-mobilenetv2-05-128/mobilenet_v2_128_0.5.onnx', 'stm32-mobilenetv2-05-128/as-is'],
] as const;

async function open(file: string): Promise<Graph | undefined> {
  const found = path.join(models, file);
  if (!fs.existsSync(found)) return undefined;
  const opened = await openDocument(found, noJob);
  assert.ok(opened.ok);
  return opened.value.graph;
}

const fold = (graph: Graph): ReturnType<typeof foldBatchNorm.run> =>
  foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);

/** Smallest and largest weight of each output channel of a Conv. */
function rangeOf({ weight, outChannels }: Layer): { min: number[]; max: number[] } {
  const values = readFloats(weight);
  const size = values.length / outChannels;
  const rows = Array.from({ length: outChannels }, (_, o) =>
    values.subarray(o * size, (o + 1) * size),
  );
  return { min: rows.map((row) => Math.min(...row)), max: rows.map((row) => Math.max(...row)) };
}

describe('folding beside AIMET', () => {
  for (const [file, variant] of cases) {
    it(variant, async function () {
      const graph = await open(file);
      const oracleFile = path.join(oracle, 'aimet-onnx', `${variant}.json`);
      if (!graph || !fs.existsSync(oracleFile)) this.skip();
      const expected = JSON.parse(fs.readFileSync(oracleFile, 'utf8')) as Oracle;
      const result = await fold(graph);

      assert.deepEqual([expected.fold.forward, expected.fold.standalone], [[], []]);
      assert.equal(result.applied.length, expected.fold.batchNormsBefore);
      assert.deepEqual(result.skipped, []);
      const layers = layersOf(result.graph, wiringOf(result.graph));
      const byWeight = new Map(layers.map((layer) => [layer.weight.name, layer]));
      for (const { weight, bnOutput, gamma, beta } of expected.fold.backward) {
        const layer = byWeight.get(weight);
        assert.equal(layer?.output, bnOutput, 'the layer gives what the batch norm gave');
        const record = result.graph.statistics.get(bnOutput);
        closeTo(record?.gamma ?? [], gamma, ranges, `gamma of ${weight}`);
        closeTo(record?.beta ?? [], beta, ranges, `beta of ${weight}`);
      }
      for (const { weight, afterFold } of expected.layers) {
        const layer = byWeight.get(weight);
        if (!afterFold) continue;
        assert.ok(layer?.bias, weight);
        const { min, max } = rangeOf(layer);
        closeTo(min, afterFold.weightMin, ranges, `min of ${weight}`);
        closeTo(max, afterFold.weightMax, ranges, `max of ${weight}`);
        closeTo(readFloats(layer.bias), afterFold.bias, biases, `bias of ${weight}`);
      }
      await checkExact(graph, result, new Random(1), outputs);
    });
  }

  it('ultralight folded by us is ultralight folded by somebody else', async function () {
    const unfolded = await open(ultralight);
    const simplified = await open('ultralight-rfb320/version-RFB-320_simplified.onnx');
    if (!unfolded || !simplified) this.skip();
    const { graph } = await fold(unfolded);
    const ours = layersOf(graph, wiringOf(graph));
    const theirs = layersOf(simplified, wiringOf(simplified));
    assert.equal(ours.length, theirs.length);
    for (const [at, layer] of ours.entries()) {
      const other = theirs[at];
      assert.ok(other?.bias && layer.bias);
      closeTo(readFloats(layer.weight), readFloats(other.weight), twin, layer.name);
      closeTo(readFloats(layer.bias), readFloats(other.bias), twin, layer.name);
    }
  });
});

describe('clearing real models', () => {
  for (const [file] of cases) {
    it(`${file}: float outputs stay, a second time finds nothing`, async function () {
      const graph = await open(file);
      if (!graph) this.skip();
      const { graph: folded } = await fold(graph);
      const result = await clearDeadChannels.run(folded, clearDeadChannels.defaults, noJob);
      await checkExact(folded, result, new Random(2), outputs);
      const again = await clearDeadChannels.run(result.graph, clearDeadChannels.defaults, noJob);
      assert.deepEqual(again.edits, []);
    });
  }
});
