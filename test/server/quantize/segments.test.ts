import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { correctBiases, type BiasError } from '../../../server/core/passes/correctBiases.ts';
import { layerUnits } from '../../../server/core/quant/layerUnits.ts';
import { simulateGraph } from '../../../server/core/quant/simulateGraph.ts';
import type { EncodingSet, TensorEncoding } from '../../../server/core/quant/tensorEncoding.ts';
import { calibrate, simulateOptions } from '../../../server/quantize/calibrate.ts';
import { correct } from '../../../server/quantize/correct.ts';
import { measureBiasErrors } from '../../../server/quantize/measureBiasErrors.ts';
import { measureLayers } from '../../../server/quantize/measureLayers.ts';
import { sensitivity } from '../../../server/quantize/sensitivity.ts';
import { oddNetworks } from '../../kit/quantizedNetworks.ts';
import {
  allOf,
  contextFor,
  randomSamples,
  testEngine,
  type TestFeeds,
} from '../../kit/quantizing.ts';
import { runGraph } from '../../kit/run.ts';

/** Weights of 4 bits: errors that are large against the rounding of float32. */
const target = { weightBits: 4, activationBits: 8 } as const;

/** Of an error: kernels of parts and of the whole network may sum in another order. */
const relative = 1e-3;
const inDb = 0.01;

/** Signal and noise of values over samples, summed by hand. */
class Sum {
  signal = 0;
  noise = 0;
  add(reference: ArrayLike<number>, actual: ArrayLike<number>): void {
    for (let i = 0; i < reference.length; i++) {
      this.signal += (reference[i] ?? NaN) ** 2;
      this.noise += ((reference[i] ?? NaN) - (actual[i] ?? NaN)) ** 2;
    }
  }
  get db(): number {
    return this.noise === 0 ? Infinity : 10 * Math.log10(this.signal / this.noise);
  }
}

/** The values of a graph on every sample. */
const runAll = (
  graph: Graph,
  feeds: TestFeeds,
  values: readonly string[],
): Promise<Map<string, { dims: readonly number[]; values: ArrayLike<number> }>[]> => {
  const own = new Set(graph.outputs.map(({ name }) => name));
  const extra = [...new Set(values)].filter((name) => !own.has(name));
  return Promise.all(feeds.map((one) => runGraph(graph, one, extra)));
};

/** Mean of each channel of `value` over all samples. */
async function meansOf(
  graph: Graph,
  feeds: TestFeeds,
  value: string,
  layer: Layer,
): Promise<number[]> {
  const isSpatial = layer.kind === 'conv' || layer.kind === 'convTranspose';
  const sum = new Float64Array(layer.outChannels);
  let count = 0;
  for (const outputs of await runAll(graph, feeds, [value])) {
    const { dims, values } = outputs.get(value) ?? { dims: [], values: [] };
    const inner = isSpatial ? dims.slice(2).reduce((a, b) => a * b, 1) : 1;
    for (let i = 0; i < values.length; i++) {
      const channel = Math.floor(i / inner) % layer.outChannels;
      sum[channel] = (sum[channel] ?? 0) + (values[i] ?? NaN);
    }
    count += values.length / layer.outChannels;
  }
  return Array.from(sum, (one) => one / count);
}

/** Algorithms 5.1, word by word: 2 L passes, the biases themselves corrected one after the other. */
async function naive(graph: Graph, encodings: EncodingSet, feeds: TestFeeds): Promise<BiasError[]> {
  const errors: BiasError[] = [];
  let current = graph;
  for (const layer of layersOf(graph, wiringOf(graph))) {
    const { graph: rounded } = simulateGraph(current, encodings, { rounding: 'nearest', seed: 1 });
    const [float, quantized] = [
      await meansOf(graph, feeds, layer.output, layer),
      await meansOf(rounded, feeds, layer.output, layer),
    ];
    const error = quantized.map((value, c) => value - (float[c] ?? NaN));
    errors.push({ layer: layer.name, error });
    const result = await correctBiases.run(
      current,
      { errors: [{ layer: layer.name, error }] },
      noJob,
    );
    current = result.graph;
  }
  return errors;
}

const weightsOnly = (encodings: EncodingSet): EncodingSet =>
  new Map([...encodings].filter(([, { kind }]) => kind === 'weight'));
const withoutBiases = (encodings: EncodingSet): EncodingSet =>
  new Map([...encodings].filter(([, { kind }]) => kind !== 'bias'));

describe('networks run part by part', () => {
  const engine = testEngine();
  for (const { name, graph } of oddNetworks()) {
    describe(name, () => {
      const feeds = randomSamples(graph, 6, 77);
      const on = allOf(feeds);

      for (const [what, part] of [
        ['weights rounded', weightsOnly],
        ['activations rounded too', withoutBiases],
      ] as const) {
        it(`bias errors are those of algorithms 5.1, ${what}`, async () => {
          const context = await contextFor(graph, engine(), on, target);
          const { encodings } = await calibrate(context, on, noJob);
          const wanted = part(encodings);
          const names = new Set(layersOf(graph, wiringOf(graph)).map((layer) => layer.name));
          const found = await measureBiasErrors(context, wanted, on, names, [], noJob);
          const expected = await naive(graph, wanted, feeds);
          assert.deepEqual(
            found.errors.map(({ layer }) => layer),
            expected.map(({ layer }) => layer),
          );
          for (const [at, { layer, error }] of expected.entries()) {
            const most = Math.max(...error.map(Math.abs));
            for (const [c, want] of error.entries()) {
              const is = found.errors[at]?.error[c] ?? NaN;
              assert.ok(
                Math.abs(is - want) <= relative * most + 1e-6,
                `${layer}[${c}]: ${is}, not ${want}`,
              );
            }
          }
        });
      }

      it('no mean error is left in a corrected layer', async () => {
        const context = await contextFor(graph, engine(), on, target);
        const encodings = weightsOnly((await calibrate(context, on, noJob)).encodings);
        const layers = new Set(layersOf(graph, wiringOf(graph)).map((layer) => layer.name));
        const found = await correct(context, { method: 'empirical', layers, encodings, on }, noJob);
        assert.equal(found.layers.length, layers.size);
        for (const { name: layer, errorAfter = NaN, deviation = NaN } of found.layers) {
          // issue 6: below 1e-5 of the layer's scale
          assert.ok(errorAfter < 1e-5 * deviation, `${layer}: ${errorAfter} of ${deviation}`);
        }
      });

      it('sensitivity is that of whole networks', async () => {
        const context = await contextFor(graph, engine(), on, target);
        const calibration = await calibrate(context, on, noJob);
        const found = await sensitivity(context, calibration, on, noJob);
        const units = layerUnits(graph, calibration.plan);
        assert.deepEqual(
          found.map((layer) => layer.name),
          units.map(({ layer }) => layer.name),
        );
        const outputs = graph.outputs.map((output) => output.name);
        const reference = await runAll(graph, feeds, outputs);
        for (const [at, unit] of units.entries()) {
          for (const sweep of ['onlyThis', 'allButThis'] as const) {
            const isOwn = (one: TensorEncoding): boolean => unit.quantized.has(one.tensor);
            const only = sweep === 'onlyThis' ? isOwn : (one: TensorEncoding) => !isOwn(one);
            const simulated = simulateGraph(graph, calibration.encodings, {
              ...simulateOptions(context),
              only,
            });
            const names = outputs.map((output) => simulated.rounded.get(output) ?? output);
            const sum = new Sum();
            for (const [i, actual] of (await runAll(simulated.graph, feeds, names)).entries()) {
              for (const [o, output] of outputs.entries()) {
                const [was, is] = [reference[i]?.get(output), actual.get(names[o] ?? '')];
                assert.ok(was && is);
                sum.add(was.values, is.values);
              }
            }
            const db = found[at]?.[sweep].sqnrDb ?? NaN;
            assert.ok(
              db === sum.db || Math.abs(db - sum.db) < inDb,
              `${unit.layer.name} ${sweep}: ${db}, not ${sum.db}`,
            );
          }
        }
      });

      it('local errors are those of a network in which only the layer is rounded', async () => {
        const context = await contextFor(graph, engine(), on, target);
        const calibration = await calibrate(context, on, noJob);
        const found = await measureLayers(context, calibration, on, noJob);
        const units = layerUnits(graph, calibration.plan);
        for (const [at, unit] of units.entries()) {
          const read = new Set(unit.nodes.flatMap(({ inputs }) => inputs));
          const isConstant = (one: TensorEncoding): boolean => graph.tensors.has(one.tensor);
          const belongs = (one: TensorEncoding): boolean =>
            read.has(one.tensor) || one.tensor === unit.end;
          const shares = {
            local: belongs,
            weights: (one: TensorEncoding) => belongs(one) && isConstant(one),
            activations: (one: TensorEncoding) => belongs(one) && !isConstant(one),
            accumulated: () => true,
          } as const;
          const reference = await runAll(graph, feeds, [unit.end]);
          for (const [share, only] of Object.entries(shares)) {
            const simulated = simulateGraph(graph, calibration.encodings, {
              ...simulateOptions(context),
              only,
            });
            const end = simulated.rounded.get(unit.end) ?? unit.end;
            const sum = new Sum();
            for (const [i, actual] of (await runAll(simulated.graph, feeds, [end])).entries()) {
              sum.add(reference[i]?.get(unit.end)?.values ?? [], actual.get(end)?.values ?? []);
            }
            const db = found.layers[at]?.[share as keyof typeof shares].sqnrDb ?? NaN;
            assert.ok(
              db === sum.db || Math.abs(db - sum.db) < inDb,
              `${unit.layer.name} ${share}: ${db}, not ${sum.db}`,
            );
          }
        }
      });
    });
  }
});
