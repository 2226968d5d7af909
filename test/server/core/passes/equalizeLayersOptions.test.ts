import assert from 'node:assert/strict';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { applyEdits, invertAll } from '../../../../server/core/graph/edits.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { Cancelled } from '../../../../server/core/job.ts';
import { equalizeLayers } from '../../../../server/core/passes/equalizeLayers.ts';
import { codesOf, equalize, invariant, setsOf } from '../../../kit/equalizing.ts';
import { graphOf, node, randomTensor, tensor } from '../../../kit/graphs.ts';
import { Net } from '../../../kit/net.ts';
import { opsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, runGraph, randomFeeds, sameOutputs } from '../../../kit/run.ts';

/** Two weights are rounded to float32. */
const rounding = { relative: 1e-6, absolute: 1e-9 };

const image = [1, 3, 6, 6];
const chain = (): Net =>
  new Net(image)
    .conv('a', [4, 3, 1, 1], 4)
    .relu()
    .conv('b', [6, 4, 1, 1], 6)
    .relu()
    .conv('c', [5, 6, 1, 1], 5);

describe('equalizeLayers: options', () => {
  it('takes given sets only', async () => {
    const result = await equalize(chain().graph(), { only: [['b', 'c']] });
    assert.deepEqual(setsOf(result), ['b-c']);
  });

  it('says why a given set is none', async () => {
    const result = await equalize(chain().graph(), {
      only: [
        ['a', 'c'],
        ['a', 'nobody'],
        ['a', 'b', 'c'],
      ],
    });
    assert.deepEqual(setsOf(result), []);
    assert.deepEqual(codesOf(result), ['not-a-set', 'unknown-layer', 'not-a-set']);
    assert.match(result.skipped[2]?.reason ?? '', /^b is not depthwise/u);
  });

  it('keeps to sets with the chosen layers, and off the ignored ones', async () => {
    assert.deepEqual(setsOf(await equalize(chain().graph(), { layers: ['a'] })), ['a-b']);
    const ignoring = await equalize(chain().graph(), { ignore: ['a'] });
    assert.deepEqual(setsOf(ignoring), ['b-c']);
    assert.deepEqual(codesOf(ignoring), ['ignored']);
  });

  it('finds nothing more to do after convergence, in either order', async () => {
    const graph = chain().graph();
    const result = await equalize(graph, { passes: 'converge' });
    await sameOutputs(graph, result.graph, new Random(3), invariant);
    const again = await equalize(result.graph, { passes: 1 });
    for (const { scale } of again.applied) {
      // Convergence stops at max |log s| < 1e-4.
      for (const s of scale)
        closeTo(
          s,
          s.map(() => 1),
          { relative: 2e-4, absolute: 0 },
          's',
        );
    }
    const given = [
      ['b', 'c'],
      ['a', 'b'],
    ];
    const other = await equalize(graph, { passes: 'converge', only: given });
    // algorithms.md 3.4: the order of the sets changes no factor by more than 1 %.
    const order = { relative: 0, absolute: 0.01 };
    for (const [at, at2] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const [one = new Float64Array()] = result.applied[at]?.scale ?? [];
      const [two = new Float64Array()] = other.applied[at2]?.scale ?? [];
      closeTo(
        one.map((s, c) => s / (two[c] ?? 0)),
        one.map(() => 1),
        order,
        'ratio',
      );
    }
  });

  it('says that nothing is left to do', async () => {
    const once = await equalize(chain().graph(), { only: [['b', 'c']] });
    const twice = await equalize(once.graph, { only: [['b', 'c']] });
    assert.deepEqual(codesOf(twice), ['balanced']);
    assert.equal(twice.graph, once.graph);
    const held = await equalize(chain().graph(), { only: [['b', 'c']], maxFactor: 1 });
    assert.deepEqual(codesOf(held), ['held']);
    const balanced = graphOf({
      inputs: { x: [1, 1, 2, 2] },
      outputs: ['y'],
      nodes: [node('Conv', ['x', 'w'], ['a'], {}, 'a'), node('Conv', ['a', 'v'], ['y'], {}, 'b')],
      tensors: [tensor('w', [2, 1, 1, 1], [2, -3]), tensor('v', [1, 2, 1, 1], [-2, 3])],
    });
    const result = await equalize(balanced);
    assert.deepEqual(codesOf(result), ['balanced']);
    assert.deepEqual(result.edits, []);
    assert.equal(result.graph, balanced);
  });

  it('holds factors within maxFactor, and counts them', async () => {
    const graph = graphOf({
      inputs: { x: [1, 1, 2, 2] },
      outputs: ['y'],
      nodes: [node('Conv', ['x', 'w'], ['a'], {}, 'a'), node('Conv', ['a', 'v'], ['y'], {}, 'b')],
      tensors: [tensor('w', [2, 1, 1, 1], [1e6, 4]), tensor('v', [1, 2, 1, 1], [1e-6, 1])],
    });
    const { applied } = await equalize(graph, { maxFactor: 100 });
    assert.deepEqual([...(applied[0]?.scale[0] ?? [])], [100, 2]);
    assert.equal(applied[0]?.clamped, 1);
  });

  for (const [what, w, d, v] of [
    ['first', [0, 4], [1, 1], [1, 1]],
    ['depthwise', [2, 4], [0, 1], [1, 1]],
    ['last', [2, 4], [1, 1], [0, 1]],
    ['every', [0, 4], [0, 1], [0, 1]],
    ['nearly dead first', [1e-30, 4], [1, 1], [1, 1]],
  ] as const) {
    it(`leaves a channel alone that is 0 in the ${what} layer`, async () => {
      const graph = graphOf({
        inputs: { x: [1, 1, 2, 2] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'w', 'b'], ['a'], {}, 'a'),
          node('Relu', ['a'], ['r']),
          node('Conv', ['r', 'd'], ['e'], { group: 2 }, 'd'),
          node('Conv', ['e', 'v'], ['y'], {}, 'c'),
        ],
        tensors: [
          tensor('w', [2, 1, 1, 1], w),
          tensor('b', [2], [1, 2]),
          tensor('d', [2, 1, 1, 1], d),
          tensor('v', [1, 2, 1, 1], v),
        ],
      });
      const result = await equalize(graph);
      const [one, two] = result.applied[0]?.scale ?? [];
      assert.deepEqual([one?.[0], two?.[0]], [1, 1]);
      assert.ok((one?.[1] ?? 1) > 1);
      await sameOutputs(graph, result.graph, new Random(3), invariant);
    });
  }

  it('gives a weight of its own to each layer that shares one', async () => {
    const graph = graphOf({
      inputs: { x: [1, 2, 3, 3] },
      outputs: ['y'],
      nodes: ['a', 'b', 'c'].map((name, at) =>
        node(
          'Conv',
          [['x', 'a.y', 'b.y'][at] ?? '', 'w', 'w0'],
          [['a.y', 'b.y', 'y'][at] ?? ''],
          {},
          name,
        ),
      ),
      tensors: [tensor('w', [2, 2, 1, 1], [1, -2, 3, 0.4]), tensor('w0', [2], [1, 2])],
    });
    const result = await equalize(graph);
    assert.deepEqual(setsOf(result), ['a-b', 'b-c']);
    assert.equal(new Set(result.graph.nodes.map(({ inputs }) => inputs[1])).size, 3);
    assert.deepEqual(checkGraph(result.graph), []);
    assert.deepEqual(applyEdits(result.graph, invertAll(result.edits)), graph);
    await sameOutputs(graph, result.graph, new Random(3), invariant);
    const aimet = await equalize(graph, { sets: 'aimet' });
    assert.deepEqual(codesOf(aimet), ['shared-weight', 'shared-weight']);
  });

  it('scales a weight that comes through Identity, and leaves the constant to others', async () => {
    const graph = graphOf({
      inputs: { x: [1, 1, 2, 2] },
      outputs: ['y', 'n'],
      nodes: [
        node('Identity', ['w'], ['same']),
        node('Conv', ['x', 'same'], ['a'], {}, 'a'),
        node('Conv', ['a', 'v'], ['y'], {}, 'b'),
        node('Neg', ['w'], ['n']),
      ],
      tensors: [tensor('w', [2, 1, 1, 1], [2, -3]), tensor('v', [1, 2, 1, 1], [8, 3])],
    });
    const result = await equalize(graph);
    closeTo(result.applied[0]?.scale[0] ?? [], [0.5, 1], rounding, 's');
    assert.equal(result.applied[0]?.scale[0]?.[1], 1);
    assert.deepEqual([...readFloats(result.graph.tensors.get('w') ?? assert.fail())], [2, -3]);
    assert.deepEqual(opsOf(result.graph), ['Conv', 'Conv', 'Neg'], 'nobody needs the Identity');
    assert.deepEqual(checkGraph(result.graph), []);
    await sameOutputs(graph, result.graph, new Random(3), invariant);
  });

  it('pauses within a large weight, and can be stopped there', async () => {
    const side = 1536; // 2.4 million elements: three parts
    const random = new Random(8);
    const graph = graphOf({
      inputs: { x: [1, side] },
      outputs: ['y'],
      nodes: [node('Gemm', ['x', 'w'], ['a'], {}, 'a'), node('Gemm', ['a', 'v'], ['y'], {}, 'b')],
      tensors: [randomTensor(random, 'w', [side, side]), randomTensor(random, 'v', [side, 4])],
    });
    let pauses = 0;
    const counting = {
      checkpoint: () => {
        pauses++;
        return Promise.resolve();
      },
    };
    const whole = await equalizeLayers.run(graph, equalizeLayers.defaults, counting);
    assert.equal(whole.applied.length, 1);
    // One a set and layer for reading, scaling and writing (4), and two between the parts of `w`,
    // when its ranges are found, when they are found again and when it is written.
    assert.ok(pauses >= 4 + 2 * 2, `${pauses} pauses`);
    for (let stop = 0; stop < pauses; stop++) {
      let left = stop;
      const stopping = {
        checkpoint: () => (left-- === 0 ? Promise.reject(new Cancelled()) : Promise.resolve()),
      };
      await assert.rejects(equalizeLayers.run(graph, equalizeLayers.defaults, stopping), Cancelled);
    }
  });

  it('names a tensor that is not finite and scales the others', async () => {
    const net = chain();
    const faulty = net.tensors.map((each) =>
      each.name === 'a.w' ? tensor('a.w', each.dims, [NaN, ...readFloats(each).slice(1)]) : each,
    );
    const graph = { ...net.graph(), tensors: new Map(faulty.map((each) => [each.name, each])) };
    const result = await equalize(graph);
    assert.deepEqual(setsOf(result), ['b-c']);
    assert.deepEqual(codesOf(result), ['non-finite']);
    assert.match(result.skipped[0]?.reason ?? '', /"a\.w" has NaN/u);
  });

  it('scales statistics with the layer', async () => {
    const net = chain();
    const gamma = [1, 2, 3, 4];
    const known = {
      batchNorm: 'n',
      gamma,
      beta: gamma,
      scale: [1, 1, 2, 1],
      absorbed: [0, 1, 0, 0],
    };
    const graph = { ...net.graph(), statistics: new Map([['a.y', known]]) };
    const result = await equalize(graph, { only: [['a', 'b']] });
    const s = [...(result.applied[0]?.scale[0] ?? [])];
    const after = result.graph.statistics.get('a.y');
    closeTo(
      after?.scale ?? [],
      known.scale.map((scale, c) => scale * (s[c] ?? 0)),
      rounding,
      'scale',
    );
    closeTo(after?.absorbed ?? [], [0, 1 / (s[1] ?? 0), 0, 0], rounding, 'absorbed');
    assert.deepEqual(after?.gamma, gamma);
  });

  it('gives the divisor of the activation between, for the proof', async () => {
    const graph = chain().graph();
    const result = await equalize(graph);
    const feeds = randomFeeds(graph, new Random(4));
    assert.equal(result.correspondences.length, 2);
    for (const { before, after, divisor, changed } of result.correspondences) {
      const scaled = Array.from(divisor ?? []).flatMap((s, channel) => (s === 1 ? [] : [channel]));
      assert.deepEqual(changed, scaled);
      const one = (await runGraph(graph, feeds, [before])).get(before);
      const two = (await runGraph(result.graph, feeds, [after])).get(after);
      const undone = Float64Array.from(two?.values ?? [], (value, at) => {
        return value * (divisor?.[Math.floor(at / 36)] ?? NaN);
      });
      closeTo(undone, one?.values ?? [], invariant, before);
    }
  });

  it('works on float16, in the type of the file', async () => {
    const random = new Random(5);
    const type = 'float16';
    const graph = graphOf({
      inputs: { x: { name: 'x', type, shape: [1, 3, 4, 4] } },
      outputs: [{ name: 'y', type, shape: undefined }],
      nodes: [
        node('Conv', ['x', 'w', 'b'], ['a'], {}, 'a'),
        node('Clip', ['a', 'lo', 'hi'], ['r']),
        node('Conv', ['r', 'v'], ['y'], {}, 'c'),
      ],
      tensors: [
        randomTensor(random, 'w', [4, 3, 1, 1], { type, std: 4 }),
        tensor('b', [4], [1, -2, 0.5, 3], type),
        tensor('lo', [], [0], type),
        tensor('hi', [], [6], type),
        randomTensor(random, 'v', [2, 4, 1, 1], { type, std: 0.1 }),
      ],
    });
    const result = await equalize(graph);
    assert.deepEqual(setsOf(result), ['a-c']);
    for (const each of result.graph.tensors.values()) assert.equal(each.type, type);
    // algorithms.md 14: weights stored as float16.
    await sameOutputs(graph, result.graph, new Random(6), { relative: 2e-2, absolute: 0 });
  });
});
