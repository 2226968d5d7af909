import assert from 'node:assert/strict';
import { layerDifference } from '../../../../server/core/compare/layerDifference.ts';
import { matchLayers } from '../../../../server/core/compare/matchLayers.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';

/** Numbers that look like no others: another `kind` gives weights with |cosine| near 0. */
const numbers = (count: number, kind: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin((i + 1) * (1.1 + 2.37 * kind) + kind));

interface Spec {
  readonly names: readonly [string, string, string];
  readonly kinds: readonly [number, number, number];
}

/** conv -> conv -> gemm, the convolutions of one shape. */
const network = ({ names: [a, b, c], kinds: [i, j, k] }: Spec): Graph =>
  graphOf({
    inputs: { x: [1, 8, 1, 1] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], ['h1'], {}, a),
      node('Conv', ['h1', 'w2', 'b2'], ['h2'], {}, b),
      node('Flatten', ['h2'], ['f']),
      node('Gemm', ['f', 'w3', 'b3'], ['y'], { transB: 1 }, c),
    ],
    tensors: [
      tensor('w1', [8, 8, 1, 1], numbers(64, i)),
      tensor('b1', [8], numbers(8, 1)),
      tensor('w2', [8, 8, 1, 1], numbers(64, j)),
      tensor('b2', [8], numbers(8, 2)),
      tensor('w3', [4, 8], numbers(32, k)),
      tensor('b3', [4], numbers(4, 3)),
    ],
  });

const plain: Spec = { names: ['a', 'b', 'c'], kinds: [1, 2, 3] };

async function pairs(first: Graph, second: Graph): Promise<string[]> {
  const { matches } = await matchLayers(first, second, noJob);
  return matches.map((one) => `${one.first.name}=${one.second.name} ${one.kind}`);
}

describe('matchLayers', () => {
  it('pairs layers of one name', async () => {
    const same = await pairs(network(plain), network(plain));
    assert.deepEqual(same, ['a=a name', 'b=b name', 'c=c name']);
  });

  it('finds weights under other names, and in another order', async () => {
    const other = network({ names: ['p', 'q', 'r'], kinds: [2, 1, 3] });
    assert.deepEqual(await pairs(network(plain), other), [
      'a=q weights',
      'b=p weights',
      'c=r weights',
    ]);
  });

  it('believes weights more than names', async () => {
    const swapped = network({ names: ['b', 'a', 'c'], kinds: [1, 2, 3] });
    const found = await pairs(network(plain), swapped);
    assert.deepEqual(found, ['a=b weights', 'b=a weights', 'c=c name']);
  });

  it('pairs what was trained anew by shape and order', async () => {
    const other = network({ names: ['p', 'q', 'r'], kinds: [11, 12, 3] });
    assert.deepEqual(await pairs(network(plain), other), [
      'a=p structure',
      'b=q structure',
      'c=r weights',
    ]);
  });

  it('sees through factors on output channels', async () => {
    const scaled = network({ names: ['p', 'q', 'r'], kinds: [1, 2, 3] });
    const w1 = numbers(64, 1).map((value, i) => value * (1 + Math.floor(i / 8)));
    const graph = {
      ...scaled,
      tensors: new Map([...scaled.tensors, ['w1', tensor('w1', [8, 8, 1, 1], w1)]]),
    };
    assert.equal((await pairs(network(plain), graph))[0], 'a=p weights');
  });

  it('knows a weight whose inputs come in another order', async () => {
    const permuted = network({ names: ['p', 'q', 'r'], kinds: [1, 2, 3] });
    const order = [5, 2, 7, 0, 3, 6, 1, 4];
    const own = numbers(32, 3);
    const w3 = own.map((_, i) => own[8 * Math.floor(i / 8) + (order[i % 8] ?? 0)] ?? 0);
    const graph = {
      ...permuted,
      tensors: new Map([...permuted.tensors, ['w3', tensor('w3', [4, 8], w3)]]),
    };
    const { matches } = await matchLayers(network(plain), graph, noJob);
    const found = matches[2];
    assert.ok(found);
    assert.deepEqual([found.second.name, found.kind, found.isPermuted], ['r', 'weights', true]);
    assert.equal(layerDifference(found).weight.sqnrDb, Infinity);
  });

  it('says how far matched weights and biases are apart', async () => {
    const other = network(plain);
    const w1 = numbers(64, 1).map((value, i) => (i === 9 ? value + 0.5 : value));
    const graph = {
      ...other,
      tensors: new Map([
        ...other.tensors,
        ['w1', tensor('w1', [8, 8, 1, 1], w1)] as const,
        ['b1', tensor('b1', [8], 0)] as const,
      ]),
    };
    const { matches } = await matchLayers(network(plain), graph, noJob);
    const { weight, bias } = layerDifference(matches[0]!);
    const signal = numbers(64, 1).reduce((sum, value) => sum + value * value, 0);
    // One element is off by 0.5: noise 0.25. Weights are stored in float32: 1e-5 dB.
    assert.ok(Math.abs(weight.sqnrDb - 10 * Math.log10(signal / 0.25)) < 1e-5);
    assert.ok(Math.abs(weight.maxAbs - 0.5) < 1e-6);
    assert.equal(bias?.sqnrDb, 0);
  });

  it('finds nothing between models that share no shape', async () => {
    const other = graphOf({
      inputs: { x: [1, 5] },
      outputs: ['y'],
      nodes: [node('Gemm', ['x', 'w'], ['y'], {}, 'a')],
      tensors: [tensor('w', [5, 3], numbers(15, 1))],
    });
    const { matches, unmatched } = await matchLayers(network(plain), other, noJob);
    assert.deepEqual([matches.length, unmatched.first.length, unmatched.second.length], [0, 3, 1]);
  });

  it('finds the weights of many layers of one shape in another order', async () => {
    const many = 120; // 14,400 pairs: not all of them are looked at
    const chain = (name: string, kindOf: (at: number) => number): Graph =>
      graphOf({
        inputs: { x: [1, 4, 1, 1] },
        outputs: [`h${many}`],
        nodes: Array.from({ length: many }, (_, at) =>
          node('Conv', [`h${at}`, `w${at}`], [`h${at + 1}`], {}, `${name}${at}`),
        ).map((one, at) => (at === 0 ? { ...one, inputs: ['x', 'w0'] } : one)),
        tensors: Array.from({ length: many }, (_, at) =>
          tensor(`w${at}`, [4, 4, 1, 1], new Random(kindOf(at)).normal(16)),
        ),
      });
    const first = chain('a', (at) => at);
    const second = chain('b', (at) => (at * 7) % many);
    const found = await pairs(first, second);
    assert.equal(found.length, many);
    for (let at = 0; at < many; at++) {
      assert.ok(found.includes(`a${(at * 7) % many}=b${at} weights`), `b${at}`);
    }
  });
});
