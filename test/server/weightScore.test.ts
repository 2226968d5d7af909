import assert from 'node:assert/strict';
import { noJob } from '../../server/core/job.ts';
import {
  db,
  gains,
  hurtLayers,
  passesRule,
  ruleWords,
  scoreWeights,
  type WeightScore,
} from '../../server/weightScore.ts';
import { graphOf, node, tensor } from '../kit/graphs.ts';
import { perTensor } from '../kit/target.ts';

/** A score of layers `a`, `b`, ... */
function scoreOf(...figures: readonly number[]): WeightScore {
  const byLayer = new Map(figures.map((figure, at) => [String.fromCharCode(97 + at), figure]));
  const lowestDb = Math.min(...figures);
  const lowestLayer = [...byLayer].find(([, figure]) => figure === lowestDb)?.[0] ?? '';
  return { lowestDb, medianDb: lowestDb, lowestLayer, byLayer };
}

describe('the stop rule of repair', () => {
  const cases = [
    { was: [20, 30], is: [20.1, 30], passes: true, why: 'the worst gains 0.1 dB' },
    { was: [20, 30], is: [20.09, 30], passes: false, why: 'the worst gains less' },
    { was: [20, 30], is: [25, 29], passes: true, why: 'another falls by 1 dB' },
    { was: [20, 30], is: [25, 28.99], passes: false, why: 'another falls by more than 1 dB' },
    { was: [20, 30], is: [31, 20], passes: false, why: 'the worst is another now, no better' },
    {
      was: [20, Infinity],
      is: [25, 40],
      passes: true,
      why: 'one that lost nothing loses a little',
    },
    { was: [Infinity], is: [Infinity], passes: false, why: 'there is nothing to gain' },
    { was: [], is: [], passes: false, why: 'there are no layers' },
  ];
  for (const { was, is, passes, why } of cases) {
    it(`${passes ? 'keeps' : 'undoes'} a step when ${why}`, () => {
      const [before, after] = [scoreOf(...was), scoreOf(...is)];
      assert.equal(passesRule(before, after), passes);
      assert.match(ruleWords(before, after), passes ? /^Kept: / : /^Undone: /);
    });
  }

  it('says by how much, and which layer falls', () => {
    const words = ruleWords(scoreOf(20, 30, 40), scoreOf(25, 28, 35));
    assert.equal(
      words,
      'Undone: the lowest weight SQNR goes from 20.0 dB to 25.0 dB, but that of c falls by 5.0 dB.',
    );
  });

  it('names the layers that stand in the way', () => {
    // b falls by more than 1 dB; c falls below what the worst must reach; d falls a little, high up.
    const before = scoreOf(20, 30, 20.5, 40, 35);
    const after = scoreOf(25, 28, 20, 39.5, 36);
    assert.deepEqual(hurtLayers(before, after), ['b', 'c']);
  });

  it('knows what a gain is', () => {
    assert.equal(gains(scoreOf(20), scoreOf(20.1)), true);
    assert.equal(gains(scoreOf(-3), scoreOf(-2)), true);
    assert.equal(gains(scoreOf(20), scoreOf(Infinity)), true);
  });

  it('writes dB with a true minus', () => {
    assert.equal(db(-3.14159), '−3.1 dB');
    assert.equal(db(Infinity), 'exact');
  });
});

describe('scoring weights', () => {
  it('takes the worst layer, and leaves out what cannot be measured', async () => {
    const layers = {
      // Whole numbers up to 127 lie on the grid of scale 1: nothing is lost.
      exact: [127, -3, 5, 1],
      // 127 sets the scale to 1; 0.5 rounds to 0 (to even): noise 0.25, signal 127^2 + 0.25.
      lossy: [127, 0.5, 0, 0],
      broken: [1, NaN, 2, 3],
    };
    const names = Object.keys(layers);
    const graph = graphOf({
      inputs: { x: [1, 2] },
      outputs: names.map((name) => `${name}.y`),
      nodes: names.map((name) => node('Gemm', ['x', `${name}.w`], [`${name}.y`], {}, name)),
      tensors: Object.entries(layers).map(([name, values]) => tensor(`${name}.w`, [2, 2], values)),
    });
    const strict = { ...perTensor, symmetry: 'strict' as const };
    const score = await scoreWeights(graph, strict, noJob);
    assert.deepEqual([...score.byLayer.keys()], ['exact', 'lossy']);
    assert.equal(score.byLayer.get('exact'), Infinity);
    const expected = 10 * Math.log10((127 ** 2 + 0.25) / 0.25);
    // The scale 127/127 is a float32; both sums are exact.
    assert.ok(Math.abs(score.lowestDb - expected) < 1e-6, String(score.lowestDb));
    assert.equal(score.lowestLayer, 'lossy');
    assert.equal(score.medianDb, Infinity);
  });
});
