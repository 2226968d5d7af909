import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import type { ElementType } from '../../../../server/core/graph/tensor.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { encodingOf, sharedGrids } from '../../../../server/core/quant/grid.ts';
import { simulateGraph } from '../../../../server/core/quant/simulateGraph.ts';
import type { EncodingSet, TensorEncoding } from '../../../../server/core/quant/tensorEncoding.ts';
import type { Symmetry } from '../../../../server/core/quant/targets.ts';
import { graphOf, node, tensor, valueInfo } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';
import { runGraph } from '../../../kit/run.ts';

const nearest = { rounding: 'nearest', seed: 1 } as const;

/** An encoding of one grid, from a range. */
function encoding(
  name: string,
  range: readonly [number, number],
  bits = 8,
  symmetry: Symmetry = 'asymmetric',
  kind: TensorEncoding['kind'] = 'activation',
): TensorEncoding {
  const grid = encodingOf(...range, { bits, symmetry, isPowerOfTwo: false });
  const isSymmetric = symmetry !== 'asymmetric';
  return { tensor: name, kind, axis: undefined, isSymmetric, grids: sharedGrids(grid, 1) };
}

const setOf = (...encodings: TensorEncoding[]): EncodingSet =>
  new Map(encodings.map((one) => [one.tensor, one]));

/** Rounded by hand: halves to even, then clipped to the grid. */
function byHand(values: ArrayLike<number>, { grids }: TensorEncoding): number[] {
  const [scale = NaN] = grids.scale;
  const [low = NaN] = grids.lowest;
  const [high = NaN] = grids.highest;
  return Array.from(values, (value) => {
    const level = Math.fround(value) / Math.fround(scale);
    const floor = Math.floor(level);
    const isHalf = level - floor === 0.5;
    const round = isHalf ? (floor % 2 === 0 ? floor : floor + 1) : Math.round(level);
    return Math.min(high, Math.max(low, round)) * scale;
  });
}

const identity = (type: ElementType, opset: number): Graph =>
  graphOf({
    inputs: { x: valueInfo('x', [64], type) },
    outputs: [valueInfo('y', [64], type)],
    // A Neg, so that the value has a maker, and another one as its reader.
    nodes: [node('Neg', ['x'], ['v']), node('Neg', ['v'], ['y'])],
    opset,
  });

const feeds = new Random(4).normal(64, 0.1, 1.5);
feeds.set([0, 0.5, -0.5, 1.5, 2.5, 100, -100]);

/**
 * Fails where values are not those rounded by hand. Where float32 cannot tell on which side of a half
 * a level lies (`near` a tie), the level next to it will do.
 */
function agree(
  actual: ArrayLike<number> | undefined,
  values: ArrayLike<number>,
  one: TensorEncoding,
  { relative, near }: { relative: number; near: number },
): void {
  const [scale = NaN] = one.grids.scale;
  const expected = byHand(values, one);
  assert.equal(actual?.length, expected.length);
  for (const [i, want] of expected.entries()) {
    const level = Math.abs((values[i] ?? NaN) / scale);
    const isTie = Math.abs(level - Math.floor(level) - 0.5) < near * Math.max(1, level);
    const error = Math.abs((actual?.[i] ?? NaN) - want);
    const allowed = relative * Math.abs(want) + (isTie ? 1.0001 * scale : 1e-9);
    assert.ok(error <= allowed, `[${i}] is ${actual?.[i]}, not ${want}`);
  }
}

/** One rounding of float32 in the scale, one in the product. */
const single = { relative: 2 ** -22, near: 2 ** -20 };
/** The same with the 11 bits of float16; a scale of 16-bit levels is below its normal numbers. */
const half = { relative: 2 ** -8, near: 1 };

const negated = (of: { readonly values: ArrayLike<number> } | undefined): number[] =>
  Array.from(of?.values ?? [], (value) => -value);

describe('simulateGraph', () => {
  const symmetries: readonly Symmetry[] = ['symmetric', 'strict', 'unsigned', 'asymmetric'];
  for (const symmetry of symmetries) {
    for (const bits of [2, 3, 4, 7, 8, 9, 12, 16]) {
      it(`rounds a value as by hand: ${symmetry}, ${bits} bits`, async () => {
        const range = symmetry === 'unsigned' ? ([0, 3] as const) : ([-2, 3] as const);
        const one = encoding('v', range, bits, symmetry);
        const { graph, rounded } = simulateGraph(identity('float32', 17), setOf(one), nearest);
        assert.ok(rounded.has('v'));
        const out = await runGraph(graph, { x: { dims: [64], values: feeds } });
        agree(negated(out.get('y')), negated({ values: feeds }), one, single);
      });
    }
  }

  for (const opset of [9, 11, 13, 17, 21]) {
    for (const type of ['float32', 'float16', 'float64'] as const) {
      it(`runs at opset ${opset} on ${type}, 4 and 16 bits`, async () => {
        for (const bits of [4, 16]) {
          const one = encoding('v', [-2, 3], bits);
          const { graph } = simulateGraph(identity(type, opset), setOf(one), {
            ...nearest,
            types: () => type,
          });
          const out = await runGraph(graph, { x: { dims: [64], values: feeds } });
          const how = type === 'float16' ? half : single;
          agree(negated(out.get('y')), negated({ values: feeds }), one, how);
        }
      });
    }
  }

  it('rounds by chance: without bias, on the levels next to the value, the same for a seed', async () => {
    const count = 20000;
    const graph = graphOf({
      inputs: { x: [count] },
      outputs: ['y'],
      nodes: [node('Neg', ['x'], ['v']), node('Neg', ['v'], ['y'])],
    });
    const one = encoding('v', [-2, 3], 4);
    const [scale = NaN] = one.grids.scale;
    const values = new Float32Array(count).fill(1.1);
    const run = async (seed: number): Promise<ArrayLike<number>> => {
      const simulated = simulateGraph(graph, setOf(one), { rounding: 'stochastic', seed });
      const out = await runGraph(simulated.graph, { x: { dims: [count], values } });
      return out.get('y')?.values ?? [];
    };
    const out = await run(3);
    assert.deepEqual(await run(3), out);
    assert.notDeepEqual(await run(4), out);
    const levels = new Set(Array.from(out, (y) => Math.round(y / scale)));
    assert.deepEqual([...levels].sort(), [3, 4], '1.1 / 0.333 is 3.3');
    const mean = Array.from(out).reduce((a, b) => a + b, 0) / count;
    // five standard errors of a coin between two levels
    assert.ok(Math.abs(mean - 1.1) < (5 * scale * 0.5) / Math.sqrt(count), `${mean}`);
  });

  it('rounds an input for the nodes that read it, and leaves the name that is fed', async () => {
    const one = encoding('x', [-2, 3], 3);
    const { graph, rounded } = simulateGraph(identity('float32', 17), setOf(one), nearest);
    assert.deepEqual(
      graph.inputs.map(({ name }) => name),
      ['x'],
    );
    const out = await runGraph(graph, { x: { dims: [64], values: feeds } }, [
      rounded.get('x') ?? '',
    ]);
    agree(out.get('y')?.values, feeds, one, single);
  });

  it('keeps an output of the network by its name, and gives the rounded one another', async () => {
    const one = encoding('y', [-2, 3], 3);
    const { graph, rounded } = simulateGraph(identity('float32', 17), setOf(one), nearest);
    const other = rounded.get('y') ?? '';
    assert.notEqual(other, 'y');
    const out = await runGraph(graph, { x: { dims: [64], values: feeds } }, [other]);
    assert.deepEqual(out.get('y')?.values, feeds);
    agree(out.get(other)?.values, feeds, one, single);
  });

  it('rounds a constant once for all that read it, each channel on its own grid', async () => {
    const graph = graphOf({
      inputs: { x: [1, 2] },
      outputs: ['y', 'z'],
      nodes: [
        node('Gemm', ['x', 'w'], ['y'], { transB: 1 }),
        node('Gemm', ['x', 'w'], ['z'], { transB: 1 }),
      ],
      tensors: [tensor('w', [2, 2], [0.3, -1, 10, 4.4])],
    });
    const grids = {
      bits: 8,
      scale: Float64Array.of(0.5, 3),
      lowest: Float64Array.of(-128, -128),
      highest: Float64Array.of(127, 127),
    };
    const one = { tensor: 'w', kind: 'weight', axis: 0, isSymmetric: true, grids } as const;
    const simulated = simulateGraph(graph, setOf(one), nearest);
    const weight = simulated.graph.tensors.get('w');
    assert.ok(weight);
    // 0.3/0.5 = 0.6, -1/0.5 = -2, 10/3 = 3.33, 4.4/3 = 1.47
    assert.deepEqual([...readFloats(weight)], [0.5, -1, 9, 3]);
    const out = await runGraph(simulated.graph, {
      x: { dims: [1, 2], values: Float32Array.of(1, 1) },
    });
    assert.deepEqual([...(out.get('y')?.values ?? [])], [-0.5, 12]);
    assert.deepEqual(out.get('y'), out.get('z'));
    assert.notEqual(graph.tensors.get('w'), weight, 'the given graph is as it was');
  });

  it('simulates only the part that is wanted', () => {
    const encodings = setOf(encoding('x', [-1, 1]), encoding('v', [-1, 1]));
    const only = ({ tensor: name }: TensorEncoding): boolean => name === 'v';
    const { rounded } = simulateGraph(identity('float32', 17), encodings, { ...nearest, only });
    assert.deepEqual([...rounded.keys()], ['v']);
  });

  it('leaves what is not in the graph', () => {
    const { graph, rounded } = simulateGraph(
      identity('float32', 17),
      setOf(encoding('gone', [-1, 1]), encoding('lost', [-1, 1], 8, 'symmetric', 'weight')),
      nearest,
    );
    assert.equal(rounded.size, 0);
    assert.equal(graph.nodes.length, 2);
  });
});
