import assert from 'node:assert/strict';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { planQuantizers } from '../../../../server/core/quant/planQuantizers.ts';
import {
  defaultTarget,
  targetLabel,
  type LayerException,
  type Target,
} from '../../../../server/core/quant/targets.ts';
import { reportLayers } from '../../../../server/core/reports/weightReport.ts';
import { smallMobileNet } from '../../../kit/mobileNet.ts';
import { find, namesOf, reason, residual } from '../../../kit/plans.ts';

const apart = (...exceptions: readonly LayerException[]): Target => ({
  ...defaultTarget,
  exceptions,
});

describe('layers that a target treats unlike the others', () => {
  it('in float: neither parameters nor what the layer hands on, and who reads it adds in float', () => {
    const plan = planQuantizers(residual(), apart({ layer: 'conv1', weightBits: 'float' }));
    const every = planQuantizers(residual(), defaultTarget).quantizers.map(({ tensor }) => tensor);
    const left = new Set(plan.quantizers.map(({ tensor }) => tensor));
    assert.deepEqual(
      every.filter((tensor) => !left.has(tensor)),
      // conv2 reads relu1 in float: its bias has no scale of input times weight any more.
      ['w1', 'b1', 'relu1', 'b2'],
    );
    assert.equal(reason(plan, 'w1'), 'The target leaves "conv1" in float.');
    assert.equal(reason(plan, 'relu1'), 'The target leaves "conv1" in float.');
    assert.match(reason(plan, 'b2'), /added in float/);
  });

  it('leaves the input of the model rounded: others may read it too', () => {
    const plan = planQuantizers(residual(), apart({ layer: 'conv1', weightBits: 'float' }));
    assert.ok(namesOf(plan, 'activation').includes('x'));
  });

  it('with other bits: only the weight', () => {
    const plan = planQuantizers(residual(), apart({ layer: 'conv2', weightBits: 16 }));
    assert.equal(find(plan, 'w2').format.bits, 16);
    assert.equal(find(plan, 'w1').format.bits, 8);
    assert.deepEqual(
      plan.quantizers.map(({ tensor }) => tensor),
      planQuantizers(residual(), defaultTarget).quantizers.map(({ tensor }) => tensor),
    );
  });

  it('knows nothing of a layer that is not there, and plans as without', () => {
    const plan = planQuantizers(residual(), apart({ layer: 'gone', weightBits: 'float' }));
    assert.deepEqual(plan, planQuantizers(residual(), defaultTarget));
  });

  it('has its own figures: exact in float, worse with fewer bits', async () => {
    const graph = smallMobileNet();
    const layers = layersOf(graph, wiringOf(graph));
    const target = apart({ layer: 'conv1', weightBits: 'float' }, { layer: 'dw', weightBits: 4 });
    const [conv1, dw, pw] = await reportLayers(layers, target, noJob);
    const [, before, plain] = await reportLayers(layers, defaultTarget, noJob);
    assert.equal(conv1?.figures.sqnrChosen, Infinity);
    assert.equal(conv1.figures.range.halfStep, 0);
    assert.equal(conv1.figures.lostChannels, 0);
    assert.ok(dw && before && plain);
    assert.ok(dw.figures.sqnrTensor < before.figures.sqnrTensor);
    assert.deepEqual(pw?.figures, plain.figures);
  });

  it('is in the label of the target', () => {
    assert.equal(
      targetLabel(
        apart(
          { layer: 'a', weightBits: 'float' },
          { layer: 'b', weightBits: 16 },
          { layer: 'c', weightBits: 4 },
        ),
      ),
      'W8 A8 · per channel · symmetric · 1 in float · 2 with other bits',
    );
  });
});
