import assert from 'node:assert/strict';
import type { Dimension, Graph } from '../../server/core/graph/graph.ts';
import { assignmentsOf, hasFreeSizes, sizesInParts } from '../../server/probeSizes.ts';
import { graphOf, intTensor, node, tensor } from '../kit/graphs.ts';

const channels = 512;
const heavy = tensor('w', [channels, channels, 3, 3], 0);

/** Convolutions 3x3 of 512 channels: 2.36 M multiply-accumulates a pixel each. */
const chain = (layers: number, pad: 0 | 1, shape: readonly Dimension[] = [1, channels, 'H', 'W']) =>
  graphOf({
    inputs: { x: shape },
    outputs: [`v${layers}`],
    nodes: Array.from({ length: layers }, (_, i) =>
      node('Conv', [i === 0 ? 'x' : `v${i}`, 'w'], [`v${i + 1}`], { pads: [pad, pad, pad, pad] }),
    ),
    tensors: [heavy],
  });

/** Heights that are tried for the first input, in turn. */
const sidesOf = (graph: Graph, probes = 4, axis = 2): number[] =>
  [...assignmentsOf(graph, probes)].map((sizes) => sizes.sizeOf(graph.inputs[0]!, axis));

describe('assignmentsOf', () => {
  it('starts with 224 pixels where four runs of that are cheap', () => {
    const graph = graphOf({
      inputs: { x: [1, 3, 'H', 'W'] },
      outputs: ['y'],
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      tensors: [tensor('w', [8, 3, 3, 3], 0)],
    });
    assert.deepEqual(sidesOf(graph).slice(0, 3), [224, 256, 128]);
  });

  it('takes the largest size that the budget allows where 224 pixels cost too much', () => {
    // 12.5 GMAC a run are 1765 pixels of three layers: 42 x 42.
    const sides = sidesOf(chain(3, 1));
    assert.deepEqual(sides.slice(0, 4), [32, 24, 16, 8]);
    // Where all of them are refused, the likely ones are tried for all that.
    assert.equal(sides[4], 224);
    // One probe may be larger: 50 GMAC are 84 x 84.
    assert.equal(sidesOf(chain(3, 1), 1)[0], 64);
  });

  it('takes the smallest size that runs where even that costs too much', () => {
    // Without padding 32 layers take 64 pixels away; 72 is the next multiple of 8.
    assert.deepEqual(sidesOf(chain(32, 0)).slice(0, 2), [72, 224]);
  });

  it('pauses before each size that it has to try', () => {
    const parts = [...sizesInParts(chain(32, 0), 4)];
    // 224, which costs too much, then the grid: 8 to 64, on which nothing is left, and 72.
    const pauses = parts.findIndex((one) => one !== undefined);
    assert.ok(pauses > 1, `${pauses} pauses`);
    assert.deepEqual(
      parts.filter((one) => one !== undefined).map((one) => one.sizeOf(chain(1, 0).inputs[0]!, 2)),
      sidesOf(chain(32, 0)),
    );
  });

  it('stays above the total stride', () => {
    const downward = Array.from({ length: 5 }, (_, i) =>
      node('MaxPool', [i === 0 ? 'v60' : `p${i}`], [`p${i + 1}`], {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
      }),
    );
    const graph = chain(60, 1);
    const deep = {
      ...graph,
      nodes: [...graph.nodes, ...downward.map((made, at) => ({ ...made, id: 60 + at }))],
    };
    // Padding would keep one pixel alive from 8 x 8 on, but the stride is 32.
    assert.equal(sidesOf(deep)[0], 32);
  });

  it('shortens sequences that cost too much', () => {
    const graph = graphOf({
      inputs: { x: ['batch', 'time', 4096] },
      outputs: ['v400'],
      nodes: Array.from({ length: 400 }, (_, i) =>
        node('MatMul', [i === 0 ? 'x' : `v${i}`, 'w'], [`v${i + 1}`]),
      ),
      tensors: [tensor('w', [4096, 4096], 0)],
    });
    // 6.7 GMAC a step; 12.5 are allowed.
    assert.deepEqual(sidesOf(graph, 4, 1).slice(0, 2), [1, 16]);
  });

  it('passes by sizes that a classifier does not take', () => {
    const graph = chain(3, 1);
    const classifier = [
      node('Reshape', ['v3', 'flat'], ['f']),
      node('Gemm', ['f', 'g'], ['y'], { transB: 1 }),
    ].map((made, at) => ({ ...made, id: 3 + at }));
    const only16 = {
      ...graph,
      nodes: [...graph.nodes, ...classifier],
      tensors: new Map([
        ...graph.tensors,
        ['flat', intTensor('flat', [1, -1])],
        ['g', tensor('g', [1, channels * 16 * 16], 0)],
      ]),
    };
    assert.deepEqual(sidesOf(only16).slice(0, 2), [16, 224]);
  });

  it('knows height and width in front of the channels', () => {
    const graph = graphOf({
      inputs: { x: [undefined, undefined, undefined, 3] },
      outputs: ['y'],
      nodes: [node('Transpose', ['x'], ['y'], { perm: [0, 3, 1, 2] })],
    });
    const [first] = assignmentsOf(graph);
    const sizes = [0, 1, 2, 3].map((axis) => first?.sizeOf(graph.inputs[0]!, axis));
    assert.deepEqual(sizes, [1, 224, 224, 3]);
  });

  it('has one answer where nothing is free', () => {
    const fixed = chain(1, 1, ['N', channels, 20, 30]);
    assert.equal(hasFreeSizes(fixed), false);
    assert.deepEqual(sidesOf(fixed), [20]);
    assert.equal(hasFreeSizes(chain(1, 1)), true);
  });
});
