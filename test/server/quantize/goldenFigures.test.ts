import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import { foldBatchNorm } from '../../../server/core/passes/foldBatchNorm.ts';
import { simulateGraph } from '../../../server/core/quant/simulateGraph.ts';
import { defaultTarget } from '../../../server/core/quant/targets.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { planOf, simulateOptions, weightEncodings } from '../../../server/quantize/calibrate.ts';
import type { QuantizeContext } from '../../../server/quantize/context.ts';
import { evaluate, type Contender } from '../../../server/quantize/evaluate.ts';
import { labelledFor, modelsFolder, type Labelled } from '../../kit/golden.ts';
import { testEngine } from '../../kit/quantizing.ts';
import type { TaskSamples } from '../../../server/quantize/runTask.ts';

/** One grid of the weights, and what an independent program measured on it (issue 5). */
interface Figure {
  readonly bits: number;
  readonly granularity: 'tensor' | 'channel';
  readonly top1: number;
  /** Behind the softmax. */
  readonly sqnrDb?: number;
}

interface Model {
  readonly folder: string;
  readonly file: string;
  readonly samples: number;
  readonly float: number;
  readonly figures: readonly Figure[];
}

/** Strict symmetric, batch norms folded, activations in float. */
const models: readonly Model[] = [
  {
    folder: 'mlperf-resnet8-cifar10',
    file: 'pretrainedResnet.h5',
    samples: 500,
    float: 0.89,
    figures: [
      { bits: 8, granularity: 'tensor', top1: 0.88, sqnrDb: 22.8 },
      { bits: 8, granularity: 'channel', top1: 0.888, sqnrDb: 28.8 },
      { bits: 4, granularity: 'channel', top1: 0.53 },
    ],
  },
  {
    folder: 'mobilenetv1-025-224-keras',
    file: 'mobilenet_v1_0.25_224.h5',
    samples: 64,
    float: 35 / 64,
    figures: [
      { bits: 8, granularity: 'tensor', top1: 0 },
      { bits: 8, granularity: 'channel', top1: 0.5 },
    ],
  },
  {
    folder: 'teachable-mobilenetv2',
    file: 'model.json',
    samples: 200,
    float: 1,
    figures: [
      { bits: 8, granularity: 'tensor', top1: 0.5 },
      { bits: 8, granularity: 'channel', top1: 1 },
    ],
  },
];

/** The figures are printed with one digit. */
const printed = 0.05;
/** One sample may fall on the other side of a tie in another runtime. */
const oneSample = 1.01;

function samplesOf(labelled: Labelled, count: number, input: string): TaskSamples {
  return {
    samples: {
      count,
      source: 'the stored data',
      fixedBatch: 1,
      feeds: (index) => {
        const { dims, values } = labelled.piece(Number(index), 1);
        return Promise.resolve(new Map([[input, { type: 'float32' as const, dims, values }]]));
      },
      dispose: () => Promise.resolve(),
    },
    indices: Array.from({ length: count }, (_, i) => i),
    batch: 1,
  };
}

describe('accuracy with rounded weights, against figures measured elsewhere', function () {
  this.timeout(300_000);
  const engine = testEngine();
  for (const { folder, file, samples, float, figures } of models) {
    it(folder, async function () {
      const path = join(modelsFolder, folder, file);
      const labelled = existsSync(path) ? labelledFor(folder, file) : undefined;
      if (!labelled) return this.skip();
      const opened = await openDocument(path, noJob);
      assert.ok(opened.ok);
      const document = opened.value;
      const { graph } = await foldBatchNorm.run(document.graph, foldBatchNorm.defaults, noJob);
      const contenders: Contender[] = [];
      for (const { bits, granularity } of figures) {
        const grid = { weightBits: bits, granularity, symmetry: 'strict' } as const;
        const context: QuantizeContext = {
          document,
          graph,
          engine: engine(),
          seed: 1,
          target: { ...defaultTarget, ...grid, activationBits: 'float' },
          types: new Map(),
          dimsOf: () => undefined,
        };
        const encodings = await weightEncodings(context, planOf(context), noJob);
        contenders.push({ document, ...simulateGraph(graph, encodings, simulateOptions(context)) });
      }
      const count = Math.min(samples, labelled.labels.length);
      const result = await evaluate(
        {
          engine: engine(),
          reference: { document, graph: document.graph },
          contenders,
          on: samplesOf(labelled, count, graph.inputs[0]?.name ?? ''),
          labels: Int32Array.from(labelled.labels),
        },
        noJob,
      );
      document.dispose();
      const allowed = oneSample / count;
      const top1 = result.float.accuracy?.top1 ?? NaN;
      assert.ok(Math.abs(top1 - float) <= allowed, `float: ${top1}, not ${float}`);
      for (const [at, figure] of figures.entries()) {
        const found = result.contenders[at];
        const name = `${figure.bits} bits per ${figure.granularity}`;
        const is = found?.accuracy?.top1 ?? NaN;
        assert.ok(Math.abs(is - figure.top1) <= allowed, `${name}: ${is}, not ${figure.top1}`);
        if (figure.sqnrDb === undefined) continue;
        const db = found?.sqnrDb ?? NaN;
        assert.ok(
          Math.abs(db - figure.sqnrDb) <= printed,
          `${name}: ${db} dB, not ${figure.sqnrDb}`,
        );
      }
    });
  }
});
