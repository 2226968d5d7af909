import assert from 'node:assert/strict';
import { noJob, type Job } from '../../../server/core/job.ts';
import { defaultTarget, type Target } from '../../../server/core/quant/targets.ts';
import type { Engine } from '../../../server/engines/engine.ts';
import { calibrate } from '../../../server/quantize/calibrate.ts';
import type { QuantizeContext } from '../../../server/quantize/context.ts';
import { documentOf } from '../../kit/documents.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';

const graph = graphOf({
  inputs: { x: [1, 2] },
  outputs: ['y'],
  nodes: [node('Gemm', ['x', 'w', 'b'], ['y'], { transB: 1 })],
  tensors: [tensor('w', [2, 2], [1, 2, 3, 4]), tensor('b', [2], [-6.35, 12.7])],
});

/** Weights alone are calibrated here: nothing may be run. */
const contextOf = (target: Partial<Target>): QuantizeContext => ({
  document: documentOf(graph),
  graph,
  engine: {} as Engine,
  target: { ...defaultTarget, activationBits: 'float', ...target },
  seed: 1,
  types: new Map(),
  dimsOf: () => undefined,
});

describe('calibrate', () => {
  it('gives a bias of 8 bits a scale of its own', async () => {
    const { encodings } = await calibrate(contextOf({ biasBits: 8 }), undefined, noJob);
    const bias = encodings.get('b');
    assert.equal(bias?.kind, 'bias');
    // 12.7 / 127, stored in float32
    assert.deepEqual(
      [...bias.grids.scale].map((scale) => scale.toFixed(6)),
      ['0.100000'],
    );
    assert.deepEqual([...bias.grids.lowest, ...bias.grids.highest], [-128, 127]);
  });

  it('leaves a bias of 32 bits in float where the input is', async () => {
    const { encodings } = await calibrate(contextOf({ biasBits: 32 }), undefined, noJob);
    assert.deepEqual([...encodings.keys()], ['w']);
  });

  it('can be stopped between two constants', async () => {
    const stopped: Job = { checkpoint: () => Promise.reject(new Error('stopped here')) };
    await assert.rejects(calibrate(contextOf({}), undefined, stopped), /stopped here/);
  });
});
