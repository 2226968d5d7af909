import assert from 'node:assert/strict';
import { layersOf, type Layer, type WeightLayout } from '../../../../server/core/graph/layer.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { outputBounds } from '../../../../server/core/kernels/outputBounds.ts';
import { graphOf, node, randomTensor } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo } from '../../../kit/run.ts';

/** Double sums in another order. */
const lastBits = { relative: 1e-12, absolute: 0 };

const layouts = [
  ['Conv', [6, 4, 3, 2], {}],
  ['Conv', [6, 4, 1, 1], {}],
  ['Conv', [6, 5, 1, 1], {}],
  ['Conv', [6, 2, 3, 3], { group: 2 }],
  ['Conv', [8, 1, 3, 3], { group: 4 }],
  ['ConvTranspose', [4, 3, 2, 2], {}],
  ['ConvTranspose', [4, 3, 2, 2], { group: 2 }],
  ['Gemm', [5, 7], { transB: 1 }],
  ['Gemm', [7, 5], {}],
  ['MatMul', [7, 5], {}],
] as const;

function layerWith(op: string, dims: readonly number[], attributes: Record<string, number>): Layer {
  const graph = graphOf({
    inputs: { x: [1] },
    outputs: ['y'],
    nodes: [node(op, ['x', 'w'], ['y'], attributes)],
    tensors: [randomTensor(new Random(1), 'w', dims)],
  });
  const [layer] = layersOf(graph, wiringOf(graph));
  assert.ok(layer);
  return layer;
}

/** Each weight at the end of its input's range that makes the sum smallest, and largest. */
function byHand(
  w: ArrayLike<number>,
  { groups, outPerGroup, inPerGroup, taps, stride }: WeightLayout,
  lo: Float64Array,
  hi: Float64Array,
): { lo: number[]; hi: number[] } {
  const bounds = { lo: [] as number[], hi: [] as number[] };
  for (let o = 0; o < groups * outPerGroup; o++) {
    let [low, high] = [0, 0];
    const g = Math.floor(o / outPerGroup);
    for (let i = 0; i < inPerGroup; i++) {
      for (let k = 0; k < taps; k++) {
        const x = w[g * stride.g + (o % outPerGroup) * stride.o + i * stride.i + k] ?? NaN;
        const ends = [lo, hi].map((end) => (x === 0 ? 0 : x * (end[g * inPerGroup + i] ?? NaN)));
        low += Math.min(...ends);
        high += Math.max(...ends);
      }
    }
    bounds.lo.push(low);
    bounds.hi.push(high);
  }
  return bounds;
}

describe('bounds of a layer without its bias', () => {
  const ranges: Record<string, (random: Random) => [number, number]> = {
    'behind ReLU6': () => [0, 6],
    'around 0': (random) => [-random.next(), random.next()],
    'far from 0': (random) => [10 + random.next(), 11 + random.next()],
    'behind ReLU': () => [0, Infinity],
    anything: () => [-Infinity, Infinity],
    constant: (random) => [1, 1].map((x) => x * Math.round(4 * random.next())) as [number, number],
  };
  for (const [op, dims, attributes] of layouts) {
    for (const [name, range] of Object.entries(ranges)) {
      it(`${op} [${dims.join(', ')}] ${JSON.stringify(attributes)}, inputs ${name}`, () => {
        const layer = layerWith(op, dims, attributes);
        const random = new Random(2);
        const pairs = Array.from({ length: layer.inChannels }, () => {
          const [a, b] = range(random);
          return name === 'constant' ? [a, a] : [a, b];
        });
        const lo = Float64Array.from(pairs, ([low = NaN]) => low);
        const hi = Float64Array.from(pairs, ([, high = NaN]) => high);
        const weights = readFloats(layer.weight);
        const found = outputBounds(weights, layer.layout, lo, hi);
        const expected = byHand(weights, layer.layout, lo, hi);
        closeTo(found.lo, expected.lo, lastBits);
        closeTo(found.hi, expected.hi, lastBits);
        for (const [o, size] of found.size.entries()) {
          assert.ok(size >= Math.max(-(found.lo[o] ?? 0), found.hi[o] ?? 0) * (1 - 1e-12));
        }
      });
    }
  }

  it('weights of one sign behind ReLU leave one bound, and no weights both', () => {
    const layer = layerWith('Gemm', [3, 2], { transB: 1 });
    const weights = Float32Array.of(1, 2, -1, -2, 0, 0);
    const ends = [Float64Array.of(0, 0), Float64Array.of(Infinity, Infinity)] as const;
    const { lo, hi } = outputBounds(weights, layer.layout, ...ends);
    assert.deepEqual([...lo], [0, -Infinity, 0]);
    assert.deepEqual([...hi], [Infinity, 0, 0]);
  });

  for (const broken of [NaN, Infinity, -Infinity]) {
    it(`a weight of ${broken} leaves its channel open`, () => {
      const layer = layerWith('Gemm', [2, 2], { transB: 1 });
      const weights = Float32Array.of(1, broken, 1, 1);
      for (const top of [1, Infinity]) {
        const ends = [Float64Array.of(0, 0), Float64Array.of(1, top)] as const;
        const { lo, hi, size } = outputBounds(weights, layer.layout, ...ends);
        assert.deepEqual([lo[0], hi[0], size[0]], [-Infinity, Infinity, Infinity]);
        assert.equal(lo[1], 0);
      }
    });
  }
});
