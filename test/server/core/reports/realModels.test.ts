import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { isQuantizedModel, quantizedLayers } from '../../../../server/core/quant/quantizedModel.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import { listEncodings } from '../../../../server/core/reports/encodings.ts';
import { rangeFigures } from '../../../../server/core/reports/gridFigures.ts';
import { reportLayers } from '../../../../server/core/reports/weightReport.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { modelsFolder } from '../../../kit/golden.ts';

interface Oracle {
  readonly file: string;
  readonly layers: readonly {
    readonly name: string;
    readonly channels: number;
    readonly spread: number;
    readonly lost: number;
    readonly mean: number;
    readonly std: number;
    readonly sqnrTensor: number;
    readonly sqnrChannel: number;
  }[];
}
const oracleUrl = new URL('../../../oracle/modelFigures.json', import.meta.url);
const oracle = JSON.parse(readFileSync(oracleUrl, 'utf8')) as Oracle;

/** The expected numbers are printed with ten digits; sums of 1e5 doubles differ by less. */
const relative = 1e-8;
/** A few weights lie so close to the middle of two levels that either may be right. */
const decibels = 1e-4;

async function graphAt(path: string): Promise<{ graph: Graph; dispose: () => void }> {
  const opened = await openDocument(path, noJob);
  assert.ok(opened.ok, path);
  return { graph: opened.value.graph, dispose: () => opened.value.dispose() };
}

describe('figures of real models', () => {
  it('agree with numpy on every layer of MobileNetV2', async function () {
    const path = join(modelsFolder, oracle.file);
    if (!existsSync(path)) this.skip();
    const { graph, dispose } = await graphAt(path);
    const reports = await reportLayers(layersOf(graph, wiringOf(graph)), defaultTarget, noJob);
    dispose();
    assert.deepEqual(
      reports.map(({ layer }) => layer.name),
      oracle.layers.map(({ name }) => name),
    );
    for (const [i, { layer, ranges, statistics, figures }] of reports.entries()) {
      const want = oracle.layers[i]!;
      const near = (got: number, expected: number, most: number): void =>
        assert.ok(Math.abs(got - expected) <= most, `${want.name}: ${got}, not ${expected}`);
      assert.equal(layer.outChannels, want.channels);
      const shared = rangeFigures(ranges, { ...defaultTarget, granularity: 'tensor' });
      assert.equal(shared.lostChannels, want.lost, want.name);
      assert.equal(figures.lostChannels, 0, want.name);
      near(figures.spread, want.spread, relative * want.spread);
      near(statistics?.mean ?? NaN, want.mean, relative * want.std);
      near(statistics?.std ?? NaN, want.std, relative * want.std);
      near(figures.sqnrTensor, want.sqnrTensor, decibels);
      near(figures.sqnrChannel, want.sqnrChannel, decibels);
    }
  });

  for (const kind of ['qdq', 'qoperator']) {
    it(`has the layers of the float model for its ${kind} variant`, async function () {
      const folder = join(modelsFolder, 'micro-kws-m');
      if (!existsSync(folder)) this.skip();
      const float = await graphAt(join(folder, 'micro_kws_m_static_fp32.onnx'));
      const quantized = await graphAt(join(folder, `micro_kws_m_static_${kind}.onnx`));
      assert.equal(isQuantizedModel(float.graph), false);
      assert.equal(isQuantizedModel(quantized.graph), true);
      assert.ok(listEncodings(quantized.graph).length > 20);
      const floats = layersOf(float.graph, wiringOf(float.graph));
      const layers = quantizedLayers(quantized.graph);
      assert.deepEqual(
        layers.map(({ weight }) => weight.dims.join()),
        floats.map(({ weight }) => weight.dims.join()),
      );
      const reports = await reportLayers(layers, defaultTarget, noJob);
      const before = await reportLayers(floats, defaultTarget, noJob);
      for (const [i, { ranges }] of reports.entries()) {
        // per tensor int8: the restored weights reach as far as the float ones, to half a step
        const { absMax } = before[i]!.ranges;
        assert.ok(Math.abs(ranges.absMax - absMax) <= absMax / 127, `layer ${i}`);
      }
      float.dispose();
      quantized.dispose();
    });
  }
});
