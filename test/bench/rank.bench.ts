/** Ranking 26 M weights for another target: CPU seconds once they are measured, and at all. */
import { layersOf, type Layer } from '../../server/core/graph/layer.ts';
import { floatTensor } from '../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { noJob } from '../../server/core/job.ts';
import { defaultTarget, type Target } from '../../server/core/quant/targets.ts';
import { reportLayers } from '../../server/core/reports/weightReport.ts';
import { graphOf, node } from '../kit/graphs.ts';
import { Random } from '../kit/random.ts';
import { resNet50 } from './networks.ts';
import { cpuSeconds, verdict } from './print.ts';

/** The promise is for a quiet machine, and one target chosen in a window. */
const limitSeconds = 0.2;

/** 100 MatMuls of 512 x 512: channels do not lie together. */
function matMuls(): Graph {
  const random = new Random(1);
  const tensors = Array.from({ length: 100 }, (_, i) =>
    floatTensor(`w${i}`, [512, 512], random.normal(512 * 512)),
  );
  const nodes = tensors.map(({ name }, i) =>
    node('MatMul', [i === 0 ? 'x' : `y${i - 1}`, name], [`y${i}`], {}, `layer${i}`),
  );
  return graphOf({ inputs: { x: [1, 512] }, outputs: ['y99'], nodes, tensors, opset: 17 });
}

const targets: readonly (readonly [string, Target])[] = [
  ['4 bits', { ...defaultTarget, weightBits: 4 }],
  ['asymmetric', { ...defaultTarget, symmetry: 'asymmetric' }],
  ['power of two', { ...defaultTarget, isPowerOfTwo: true }],
];

async function rank(name: string, layers: readonly Layer[]): Promise<void> {
  await reportLayers(layers, defaultTarget, noJob);
  for (const [what, target] of targets) {
    const used = await cpuSeconds(async () => {
      await reportLayers(layers, target, noJob);
    });
    verdict(`${name}: ${what}`, used, limitSeconds, 's CPU');
  }
}

async function main(): Promise<void> {
  for (const [name, graph] of [
    ['ResNet-50', resNet50()],
    ['100 MatMuls', matMuls()],
  ] as const) {
    await rank(name, layersOf(graph, wiringOf(graph)));
  }
}

void main();
