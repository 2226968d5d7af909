/**
 * Statistics of every quantized tensor of a MobileNetV2 and a ResNet-50 over samples, as multiples
 * of bare ONNX Runtime inference of the same samples in the same run: time, CPU time and memory of
 * the engine's process. Peers on two cores (min-max): AIMET-ONNX 2.42 9.2x and 3.6x, ONNX Runtime's
 * quantizer 7.6x and 3.3x with 2.8 to 12 GB.
 */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Graph } from '../../server/core/graph/graph.ts';
import { planQuantizers } from '../../server/core/quant/planQuantizers.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import type { HistogramKind } from '../../server/core/ranges/statistics.ts';
import type { ChildEngine } from '../../server/engines/childEngine.ts';
import type { Feeds } from '../../server/engines/engine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import type { ModelDocument } from '../../server/formats/format.ts';
import { imageDims, imageOf } from './images.ts';
import { mobileNetV2, resNet50 } from './networks.ts';
import { childPeak, cpuSeconds, print, verdict } from './print.ts';
import { bundledChild, openFolded } from './setup.ts';

/** The best of these counts on both sides: what else runs on the machine only adds. */
const rounds = 3;
const memoryLimitMegabytes = 600;
const cases = [
  { name: 'mobilenetv2', make: mobileNetV2, count: 48, limits: { plain: 3, histogram: 4 } },
  { name: 'resnet50', make: resNet50, count: 16, limits: { plain: 1.8, histogram: 2.2 } },
] as const;

/** Seconds that passed, and seconds that processors were busy for it. */
interface Used {
  readonly wall: number;
  readonly cpu: number;
}

async function bare(path: string, count: number): Promise<Used> {
  const session = await InferenceSession.create(path, {
    logSeverityLevel: 3,
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const once = async (index: number): Promise<void> => {
    const x = new Tensor('float32', imageOf(index), imageDims);
    await session.run({ x });
  };
  await once(0);
  const began = performance.now();
  const cpu = await cpuSeconds(async () => {
    for (let i = 0; i < count; i++) await once(i);
  });
  const wall = (performance.now() - began) / 1000;
  await session.release();
  return { wall, cpu };
}

async function calibrate(
  engine: ChildEngine,
  { document, graph }: Opened,
  count: number,
  histogram: HistogramKind | undefined,
): Promise<Used> {
  const values = planQuantizers(graph, defaultTarget)
    .quantizers.filter(({ kind }) => kind === 'activation')
    .map(({ tensor }) => tensor);
  const outputs = values.filter((name) => name !== 'x');
  const task = await engine.beginTask({
    networks: [{ model: document.encode(graph, outputs) }],
    reductions: values.map((value) => ({
      kind: 'statistics',
      of: { network: 0, value },
      ...(histogram ? { histogram } : {}),
    })),
  });
  const feeds = (index: number): Feeds =>
    new Map([['x', { type: 'float32', dims: imageDims, values: imageOf(index) }]]);
  await task.add(0, feeds(0));
  await task.results();
  const cpuBefore = childCpu(engine.pid);
  const began = performance.now();
  for (let i = 0; i < count; i++) await task.add(i, feeds(i));
  await task.results();
  const wall = (performance.now() - began) / 1000;
  const cpu = childCpu(engine.pid) - cpuBefore;
  await task.close();
  return { wall, cpu };
}

/** CPU seconds of a process so far, all threads; NaN where the system does not tell. */
function childCpu(pid: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticksPerSecond = 100;
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return NaN;
  }
}

const best = (all: readonly Used[]): Used => ({
  wall: Math.min(...all.map(({ wall }) => wall)),
  cpu: Math.min(...all.map(({ cpu }) => cpu)),
});

/** A model as it is opened from a file: its weights stay there. */
interface Opened {
  readonly document: ModelDocument;
  readonly graph: Graph;
}

async function main(): Promise<void> {
  const childPath = bundledChild();
  for (const { name, make, count, limits } of cases) {
    const opened = await openFolded(make());
    const { path, document } = opened;
    const model = { document, graph: document.graph };
    for (const kind of ['plain', 'histogram'] as const) {
      const engine = createOnnxRuntimeEngine({ childPath, threads: 1 });
      const histogram = kind === 'histogram' ? 'dynamic' : undefined;
      const units: Used[] = [];
      const ours: Used[] = [];
      const resident: number[] = [];
      for (let round = 0; round < rounds; round++) {
        units.push(await bare(path, count));
        ours.push(await calibrate(engine, model, count, histogram));
        resident.push(childPeak(engine.pid));
      }
      const [unit, used] = [best(units), best(ours)];
      const what = `${name}, ${kind === 'plain' ? 'min-max' : 'histograms'}`;
      verdict(what, used.wall / unit.wall, limits[kind], 'x bare inference');
      const bareMs = (1000 * unit.wall) / count;
      print(
        `       CPU ${(used.cpu / unit.cpu).toFixed(2)} x; bare ${bareMs.toFixed(1)} ms a sample`,
      );
      verdict(`${what}: memory`, resident.at(-1) ?? NaN, memoryLimitMegabytes, 'MB');
      print(`       after each ${count} samples: ${resident.map(Math.round).join(', ')} MB`);
      engine.dispose();
    }
    opened.close();
  }
}

void main();
