import assert from 'node:assert/strict';
import type { ComparedPair } from '../../server/comparedPairs.ts';
import { proofRounds } from '../../server/proofRounds.ts';
import { makeProbes } from '../../server/probes.ts';
import { graphOf, node, tensor } from '../kit/graphs.ts';

/** Twenty values of [n, 2, 4, 4], 128 bytes each, in a chain; then `u`, whose shape is not known. */
const graph = graphOf({
  inputs: { x: ['n', 2, 4, 4] },
  outputs: ['v20'],
  nodes: [
    ...Array.from({ length: 20 }, (_, i) => node('Relu', [i === 0 ? 'x' : `v${i}`], [`v${i + 1}`])),
    { ...node('Foo', ['v20'], ['u']), domain: 'my.ops' },
  ],
  tensors: [tensor('w', [1], 1)],
});
const { feeds } = makeProbes(graph, { seed: 1, count: 1 });

const pair = (name: string, kind: ComparedPair['kind'] = 'activation'): ComparedPair => ({
  before: name,
  after: name,
  kind,
  isJudged: true,
});
const activations = Array.from({ length: 19 }, (_, i) => pair(`v${i + 1}`));
const namesOf = (rounds: readonly (readonly ComparedPair[])[]): string[] =>
  rounds.map((round) => round.map(({ before }) => before).join(' '));

describe('proofRounds', () => {
  it('takes one round where everything fits', () => {
    const rounds = proofRounds([pair('v20', 'output'), ...activations], graph, feeds);
    assert.deepEqual(
      rounds.map((round) => round.length),
      [20],
    );
  });

  it('fills rounds by the size of both sides, outputs first', () => {
    // Both sides of one pair are 256 bytes.
    const some = [...activations.slice(0, 5), pair('v20', 'output')];
    assert.deepEqual(namesOf(proofRounds(some, graph, feeds, 512)), ['v20 v1 v2', 'v3 v4', 'v5']);
  });

  it('ends after eight rounds', () => {
    const rounds = proofRounds([pair('v20', 'output'), ...activations], graph, feeds, 256);
    assert.equal(rounds.length, 8);
    assert.equal(rounds.flat().length, 9);
  });

  it('leaves out what is too large alone, a value of unknown shape too', () => {
    assert.deepEqual(namesOf(proofRounds([pair('v1'), pair('u')], graph, feeds, 256)), ['v1']);
    assert.deepEqual(namesOf(proofRounds([pair('v1')], graph, feeds, 255)), []);
    assert.deepEqual(namesOf(proofRounds([pair('u')], graph, feeds)), ['u']);
  });

  it('tells how large each pair is, where that is known', () => {
    const [round = []] = proofRounds([pair('v20', 'output'), pair('v1'), pair('u')], graph, feeds);
    assert.deepEqual(
      round.map(({ sizeBytes }) => sizeBytes),
      [256, 256, undefined],
    );
  });

  it('leaves out what takes more runs than are allowed', () => {
    // One run compares 200 MiB: six values of unknown size, 32 MiB a pair, fit; a seventh does not.
    const unknown = Array.from({ length: 7 }, (_, i) => ({ ...pair('u'), after: `${i}` }));
    const lengths = (maxRuns: number): number[] =>
      proofRounds(unknown, graph, feeds, undefined, maxRuns).map((round) => round.length);
    assert.deepEqual(lengths(1), [6]);
    assert.deepEqual(lengths(2), [7]);
  });

  it('keeps outputs whatever their size', () => {
    assert.deepEqual(namesOf(proofRounds([pair('v20', 'output')], graph, feeds, 1)), ['v20']);
  });
});
