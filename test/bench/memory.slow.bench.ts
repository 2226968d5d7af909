/**
 * Memory of the engine's process while the biases of a MobileNetV2 are corrected on 1,000 samples:
 * what is kept between layers, gigabytes of it, stays within the limit and goes to disk above it.
 * What the process needs besides is measured in one that keeps everything on disk.
 */
import type { Graph } from '../../server/core/graph/graph.ts';
import { layersOf } from '../../server/core/graph/layer.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import { noJob } from '../../server/core/job.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import type { ModelDocument } from '../../server/formats/format.ts';
import { planOf, weightEncodings } from '../../server/quantize/calibrate.ts';
import { describeValues, type QuantizeContext } from '../../server/quantize/context.ts';
import { correct } from '../../server/quantize/correct.ts';
import { samplesOf } from './images.ts';
import { mobileNetV2 } from './networks.ts';
import { childPeak, peakMegabytes, print, seconds, verdict } from './print.ts';
import { bundledChild, openFolded } from './setup.ts';

const count = 1000;
/** Enough for every network of the correction to have run. */
const baseCount = 8;
/** What an engine keeps in memory where nobody says, and all that its process may take (issue 6). */
const limits = { keptMegabytes: 500, wholeMegabytes: 1000, slackMegabytes: 60 };

interface Used {
  readonly peak: number;
  readonly seconds: number;
}

async function corrected(
  childPath: string,
  { document, graph }: { readonly document: ModelDocument; readonly graph: Graph },
  samples: number,
  keptLimitBytes?: number,
): Promise<Used> {
  const limit = keptLimitBytes === undefined ? {} : { keptLimitBytes };
  const engine = createOnnxRuntimeEngine({ childPath, threads: 1, ...limit });
  try {
    const on = samplesOf(samples);
    const values = await describeValues(engine, { document, graph }, on, noJob);
    const context: QuantizeContext = {
      ...{ document, graph, engine, target: defaultTarget, seed: 1 },
      ...values,
    };
    const encodings = await weightEncodings(context, planOf(context), noJob);
    const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));
    const took = await seconds(async () => {
      await correct(context, { method: 'empirical', layers, encodings, on }, noJob);
    });
    return { peak: childPeak(engine.pid), seconds: took };
  } finally {
    engine.dispose();
  }
}

async function main(): Promise<void> {
  const childPath = bundledChild();
  const opened = await openFolded(mobileNetV2());
  const { document } = opened;
  const model = { document, graph: document.graph };
  try {
    const base = await corrected(childPath, model, baseCount, 0);
    const whole = await corrected(childPath, model, count);
    print(
      `${count} samples in ${whole.seconds.toFixed(0)} s; ${base.peak.toFixed(0)} MB where nothing is kept in memory; this process ${peakMegabytes().toFixed(0)} MB`,
    );
    const within = limits.keptMegabytes + base.peak + limits.slackMegabytes;
    verdict('kept values and what the process needs', whole.peak, within, 'MB');
    verdict('all of the process', whole.peak, limits.wholeMegabytes, 'MB');
  } finally {
    opened.close();
  }
}

void main();
