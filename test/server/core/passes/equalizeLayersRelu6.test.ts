import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { codesOf, equalize, invariant, setsOf } from '../../../kit/equalizing.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { Net } from '../../../kit/net.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, runGraph, sameOutputs } from '../../../kit/run.ts';

const image = [1, 3, 6, 6];

describe('equalizeLayers: ReLU6', () => {
  const clipped = (opset?: number): Graph =>
    new Net(image).conv('a', [4, 3, 1, 1], 4).clip(6).conv('b', [5, 4, 1, 1], 5).graph(opset);

  it('keep: leaves such a pair alone', async () => {
    const result = await equalize(clipped(), { relu6: 'keep' });
    assert.deepEqual([setsOf(result), codesOf(result)], [[], ['relu6']]);
  });

  it('relu: drops the bound and does not claim to be exact', async () => {
    const result = await equalize(clipped(), { relu6: 'relu' });
    assert.deepEqual(
      result.graph.nodes.map(({ op }) => op),
      ['Conv', 'Relu', 'Conv'],
    );
    assert.equal(result.isExact, false);
    assert.deepEqual([...result.graph.tensors.keys()].sort(), ['a.b', 'a.w', 'b.b', 'b.w']);
  });

  it('bound: scales only what surely stays below the bound', async () => {
    // |x| <= 255, so channel 0 is at most 0.01 * 255 + 1 = 3.55, and channel 1 reaches its bound.
    const graph = graphOf({
      inputs: { x: { name: 'x', type: 'uint8', shape: [1, 1, 2, 2] } },
      outputs: ['y'],
      nodes: [
        node('Cast', ['x'], ['f'], { to: 1 }),
        node('Conv', ['f', 'w', 'b'], ['a'], {}, 'a'),
        node('Clip', ['a', 'lo', 'hi'], ['r']),
        node('Conv', ['r', 'v'], ['y'], {}, 'b'),
      ],
      tensors: [
        tensor('w', [3, 1, 1, 1], [0.01, 0.1, 0.01]),
        tensor('b', [3], [1, 1, 1]),
        tensor('lo', [], [0]),
        tensor('hi', [], [6]),
        tensor('v', [1, 3, 1, 1], [1, 1, 0.0001]),
      ],
    });
    const result = await equalize(graph, { relu6: 'bound' });
    const [s = []] = result.applied[0]?.scale ?? [];
    // Wanted: 0.1, 0.316 and 10; channel 0 would pass its bound below 3.55 / 6.
    closeTo(s, [3.55 / 6, 1, 10], { relative: 0, absolute: 1e-4 }, 's');
    assert.equal(result.applied[0]?.clamped, 2);
    assert.deepEqual(
      result.graph.nodes.map(({ op }) => op),
      ['Cast', 'Conv', 'Clip', 'Conv'],
    );
    const feeds = { x: { dims: [1, 1, 2, 2], values: Float32Array.of(0, 20, 100, 255) } };
    const before = await runGraph(graph, feeds);
    const after = await runGraph(result.graph, feeds);
    closeTo(after.get('y')?.values ?? [], before.get('y')?.values ?? [], invariant, 'y');
  });

  it('bound: keeps a pair of which nothing is known', async () => {
    assert.deepEqual(codesOf(await equalize(clipped(), { relu6: 'bound' })), ['held']);
  });

  it('cap: needs Min that broadcasts', async () => {
    const graph = graphOf({
      inputs: { x: [1, 1, 2, 2] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'w'], ['a'], {}, 'a'),
        node('Clip', ['a'], ['r'], { min: 0, max: 6 }),
        node('Conv', ['r', 'v'], ['y'], {}, 'b'),
      ],
      tensors: [tensor('w', [2, 1, 1, 1], [2, -3]), tensor('v', [1, 2, 1, 1], [5, 3])],
      opset: 7,
    });
    assert.deepEqual(codesOf(await equalize(graph)), ['opset']);
    const newer = { ...graph, opsets: new Map([['', 8]]) };
    const result = await equalize(newer);
    assert.deepEqual(
      result.graph.nodes.map(({ op }) => op),
      ['Conv', 'Relu', 'Min', 'Conv'],
    );
    assert.equal(result.applied[0]?.capsAdded, 1);
    await sameOutputs(newer, result.graph, new Random(2), invariant);
  });
});
