import assert from 'node:assert/strict';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { Cancelled, noJob, type Job } from '../../../../server/core/job.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import {
  measureOnGrid,
  measureWeights,
  reportLayers,
  type LayerReport,
} from '../../../../server/core/reports/weightReport.ts';
import type { TensorData } from '../../../../server/core/graph/tensor.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';

const perTensor = { ...defaultTarget, granularity: 'tensor' } as const;

/** Three layers whose channels differ by 1, 1000 and 30 times. */
function chain(): Graph {
  const random = new Random(7);
  const weight = (name: string, gain: number): ReturnType<typeof tensor> => {
    const values = random.uniform(8 * 8);
    return tensor(
      name,
      [8, 8, 1, 1],
      values.map((v, i) => (i < 8 ? v * gain : v)),
    );
  };
  return graphOf({
    inputs: { x: ['N', 8, 4, 4] },
    outputs: ['c'],
    nodes: [
      node('Conv', ['x', 'w0'], ['a']),
      node('Conv', ['a', 'w1'], ['b']),
      node('Conv', ['b', 'w2'], ['c']),
    ],
    tensors: [weight('w0', 1), weight('w1', 1000), weight('w2', 30)],
  });
}

const layersIn = (graph: Graph): ReturnType<typeof layersOf> => layersOf(graph, wiringOf(graph));

describe('reportLayers', () => {
  it('tells the ranges in model order, then the figures worst first', async () => {
    const told: string[] = [];
    const layers = layersIn(chain());
    const reports = await reportLayers(layers, perTensor, noJob, (report) =>
      told.push(`${report.layer.name}${report.isMeasured ? '!' : ''}`),
    );
    assert.deepEqual(told.slice(0, 3), ['a', 'b', 'c']);
    // the channel that is 1000 times wider owns all the energy of b: there the others weigh little
    assert.equal(told[3], 'c!');
    assert.deepEqual(told.slice(4).sort(), ['a!', 'b!']);
    const gaps = reports.map(({ figures }) => figures.sqnrChannel - figures.sqnrTensor);
    assert.equal(Math.max(...gaps), gaps[2]);
    assert.deepEqual(
      reports.map(({ layer }) => layer.name),
      ['a', 'b', 'c'],
    );
    for (const report of reports) {
      const figures = measureOnGrid(report.layer, measureWeights(report.layer), perTensor);
      assert.deepEqual(report.figures, figures);
    }
    assert.ok(reports[1]!.figures.spread > 500);
  });

  it('shows ranges and lost channels before anything else is measured', async () => {
    const first = new Map<string, LayerReport>();
    const reports = await reportLayers(layersIn(chain()), perTensor, noJob, (report) => {
      if (!report.isMeasured) first.set(report.layer.name, report);
    });
    for (const report of reports) {
      const early = first.get(report.layer.name);
      assert.deepEqual(early?.figures.range, report.figures.range);
      assert.equal(early?.figures.lostChannels, report.figures.lostChannels);
      assert.equal(early.figures.sqnrTensor, 0);
    }
  });

  it('reads each weight twice, and not at all for another target of the same grid', async () => {
    const graph = chain();
    let bytesRead = 0;
    const tensors = new Map(graph.tensors);
    for (const [name, one] of tensors) {
      const data: TensorData = {
        sizeBytes: one.data.sizeBytes,
        read(start = 0, end = one.data.sizeBytes) {
          bytesRead += end - start;
          return one.data.read(start, end);
        },
      };
      tensors.set(name, { ...one, data });
    }
    const layers = layersIn({ ...graph, tensors });
    await reportLayers(layers, perTensor, noJob);
    const size = 3 * 8 * 8 * 4;
    assert.equal(bytesRead, 2 * size);
    await reportLayers(layers, defaultTarget, noJob);
    assert.equal(bytesRead, 2 * size);
    await reportLayers(layers, { ...perTensor, weightBits: 4 }, noJob);
    assert.equal(bytesRead, 3 * size);
  });

  it('stops at a checkpoint', async () => {
    let calls = 0;
    const job: Job = {
      checkpoint() {
        if (++calls > 2) throw new Cancelled();
        return Promise.resolve();
      },
    };
    await assert.rejects(reportLayers(layersIn(chain()), perTensor, job), Cancelled);
  });

  it('goes on past a layer that cannot be measured', async () => {
    const graph = chain();
    const broken = tensor('w1', [8, 8, 1, 1], NaN);
    const layers = layersIn({ ...graph, tensors: new Map(graph.tensors).set('w1', broken) });
    const reports = await reportLayers(layers, perTensor, noJob);
    assert.deepEqual(
      reports.map(({ fault }) => fault !== undefined),
      [false, true, false],
    );
    assert.ok(reports.every(({ isMeasured }) => isMeasured));
  });

  it('has nothing to say of no layers', async () => {
    assert.deepEqual(await reportLayers([], perTensor, noJob), []);
  });
});
