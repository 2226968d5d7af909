/**
 * Bias correction of a MobileNetV2 with 64 samples, and its sensitivity, as multiples of runs of the
 * same samples in the same run: bare ONNX Runtime, and the rounded network in our engine. AIMET
 * 2.30's empirical correction takes about 400x bare inference; issue 6 wants at most 12x, and 3
 * passes of the target's simulation (the figure for one with weights alone rounded stands beside
 * it); issue 5 at most 0.6 L passes for each sweep of sensitivity.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { layersOf } from '../../server/core/graph/layer.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import { noJob } from '../../server/core/job.ts';
import { layerUnits } from '../../server/core/quant/layerUnits.ts';
import { simulateGraph } from '../../server/core/quant/simulateGraph.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { calibrate, simulateOptions, weightEncodings } from '../../server/quantize/calibrate.ts';
import { describeValues, encoded, type QuantizeContext } from '../../server/quantize/context.ts';
import { measureBiasErrors } from '../../server/quantize/measureBiasErrors.ts';
import { runTask, type TaskSamples } from '../../server/quantize/runTask.ts';
import { sensitivity } from '../../server/quantize/sensitivity.ts';
import { imageDims, imageOf, samplesOf } from './images.ts';
import { mobileNetV2 } from './networks.ts';
import { median, print, verdict } from './print.ts';
import { bundledChild, openFolded } from './setup.ts';

const count = 64;
/** Sensitivity goes over the network for every layer; opening a network for each takes its part of few samples. */
const sensitivityCount = 32;
const rounds = 3;
const limits = { bare: 12, simulation: 3, sweep: 0.6 };

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1000;
}

async function bareSeconds(path: string): Promise<number> {
  const session = await InferenceSession.create(path, {
    logSeverityLevel: 3,
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const once = (index: number): Promise<unknown> =>
    session.run({ x: new Tensor('float32', imageOf(index), imageDims) });
  await once(0);
  const seconds = await timed(async () => {
    for (let i = 0; i < count; i++) await once(i);
  });
  await session.release();
  return seconds;
}

async function main(): Promise<void> {
  const childPath = bundledChild();
  const opened = await openFolded(mobileNetV2());
  const { path, document } = opened;
  const { graph } = document;
  const engine = createOnnxRuntimeEngine({ childPath });
  try {
    const on = samplesOf(count);
    const values = await describeValues(engine, { document, graph }, on, noJob);
    const context: QuantizeContext = {
      ...{ document, graph, engine, target: defaultTarget, seed: 1 },
      ...values,
    };
    const few = samplesOf(sensitivityCount);
    const calibration = await calibrate(context, few, noJob);
    const weights = await weightEncodings(context, calibration.plan, noJob);
    const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));
    const passSeconds = (encodings: typeof weights, samples: TaskSamples): Promise<number> => {
      const simulated = simulateGraph(graph, encodings, simulateOptions(context));
      const networks = [{ model: encoded({ document, graph: simulated.graph }) }];
      return timed(() => runTask(engine, { networks, reductions: [] }, samples, noJob, ''));
    };

    await passSeconds(weights, few);
    const correct = (): Promise<unknown> =>
      measureBiasErrors(context, weights, on, layers, [], noJob);
    const bare: number[] = [];
    const pass: number[] = [];
    const full: number[] = [];
    const correction: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await bareSeconds(path));
      pass.push(await passSeconds(weights, on));
      correction.push(await timed(correct));
      full.push(await passSeconds(calibration.encodings, on));
    }
    const seconds = (of: readonly number[]): string => of.map((one) => one.toFixed(2)).join(', ');
    print(`${layers.size} layers, ${count} samples, bare inference ${seconds(bare)} s`);
    print(`correction ${seconds(correction)} s; medians of ${rounds} rounds:`);
    const against = (of: readonly number[]): number => median(correction) / median(of);
    verdict('correction', against(bare), limits.bare, 'x bare inference');
    verdict('correction', against(full), limits.simulation, 'passes of the simulation');
    print(`       correction: ${against(pass).toFixed(2)} passes with weights alone rounded`);

    const rounded = await passSeconds(calibration.encodings, few);
    const sweeps = await timed(() => sensitivity(context, calibration, few, noJob));
    const units = layerUnits(graph, calibration.plan).length;
    const share = sweeps / 2 / (units * rounded);
    verdict(`sensitivity of ${units} layers, a sweep`, share, limits.sweep, 'L passes');
  } finally {
    engine.dispose();
    opened.close();
  }
}

void main();
