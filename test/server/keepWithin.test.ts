import assert from 'node:assert/strict';
import { keepWithin, refuseUnmeasured } from '../../server/keepWithin.ts';
import type { Proof, StepOutcome } from '../../server/steps.ts';
import { graphOf, node } from '../kit/graphs.ts';

type Pair = readonly [string, string];

const graph = graphOf({
  inputs: { x: [1, 2] },
  outputs: ['y'],
  nodes: [node('Relu', ['x'], ['y'])],
});

const proofOf = (maxRel: number): Proof => ({
  exercised: true,
  samples: 4,
  source: 'synthetic, seed 1',
  seed: 1,
  maxAbs: maxRel,
  maxRel,
  tolerance: 1e-4,
  exact: false,
  values: [],
});

/** Absorbing these pairs, each of which moves the outputs by its own share. */
function world(shares: Readonly<Record<string, number>>): {
  all: StepOutcome;
  again: (pairs: readonly Pair[]) => Promise<StepOutcome>;
  trials: () => number;
} {
  let trials = 0;
  const outcome = (pairs: readonly Pair[]): StepOutcome => ({
    step: 'absorb',
    graph: { ...graph },
    edits:
      pairs.length > 0
        ? [{ kind: 'setStatistics', layer: 'y', before: undefined, after: undefined }]
        : [],
    applied: pairs.map((layers) => ({ layers, channels: 3, of: 8 })),
    skipped: [],
    isExact: false,
    proof: proofOf(pairs.reduce((sum, [first]) => sum + (shares[first] ?? 0), 0)),
  });
  const again = (pairs: readonly Pair[]): Promise<StepOutcome> => {
    trials++;
    return Promise.resolve(outcome(pairs));
  };
  const pairs = Object.keys(shares).map((name): Pair => [name, `${name}2`]);
  return { all: outcome(pairs), again, trials: () => trials };
}

const layersOf = (outcome: StepOutcome): string[] =>
  (outcome.applied as { layers: Pair }[]).map(({ layers }) => layers[0]);

describe('keepWithin', () => {
  it('keeps all where all together stay within what is allowed', async () => {
    const { all, again, trials } = world({ a: 0.004, b: 0.005 });
    assert.equal(await keepWithin(graph, all, 0.01, again), all);
    assert.equal(trials(), 0);
  });

  it('finds the one that moves the outputs, and refuses it with the number', async () => {
    const { all, again } = world({ a: 0.001, b: 0.001, c: 2, d: 0.001, e: 0.001 });
    const kept = await keepWithin(graph, all, 0.01, again);
    assert.deepEqual(layersOf(kept), ['a', 'b', 'd', 'e']);
    assert.deepEqual(
      kept.skipped.map(({ code, place }) => [code, place]),
      [['moves-outputs', 'c → c2']],
    );
    assert.deepEqual(kept.skipped[0]?.channels, { left: 3, of: 8 });
    assert.equal(kept.skipped[0].moved, all.proof?.maxRel);
    assert.match(kept.skipped[0].reason, /by up to 2\.0 of .* 0\.01 is allowed/);
  });

  it('takes nothing where the harmless ones are too much together', async () => {
    const { all, again } = world({ a: 0.006, b: 0.006 });
    const kept = await keepWithin(graph, all, 0.01, again);
    assert.deepEqual([kept.edits, kept.applied, kept.proof], [[], [], undefined]);
    assert.equal(kept.graph, graph);
    assert.equal(kept.skipped.length, 2);
  });

  it('gives up after some trials, and refuses what it has not tried', async () => {
    const names = Array.from({ length: 64 }, (_, i) => [`l${i}`, 1] as const);
    const { all, again, trials } = world(Object.fromEntries(names));
    const kept = await keepWithin(graph, all, 0.01, again);
    assert.equal(kept.skipped.length, 64);
    assert.equal(trials(), 12);
  });

  it('leaves alone what could not be measured', async () => {
    const { all, again } = world({ a: 5 });
    const unmeasured = { ...all, proof: { ...proofOf(0), unavailable: 'no engine' } };
    assert.equal(await keepWithin(graph, unmeasured, 0.01, again), unmeasured);
  });

  it('refuses all where the network cannot be run, unless any change is allowed', () => {
    const { all } = world({ a: 0, b: 0 });
    const unavailable = 'ONNX Runtime has no Conv for float64';
    const unmeasured = { ...all, proof: { ...proofOf(0), unavailable } };
    const refused = refuseUnmeasured(graph, unmeasured, 0.01);
    assert.deepEqual([refused.edits, refused.applied, refused.graph], [[], [], graph]);
    assert.deepEqual(
      refused.skipped.map(({ place, reason }) => [place, reason.endsWith(unavailable)]),
      [
        ['a → a2', true],
        ['b → b2', true],
      ],
    );
    assert.equal(refuseUnmeasured(graph, unmeasured, Number.MAX_VALUE), unmeasured);
    assert.equal(refuseUnmeasured(graph, all, 0.01), all);
  });
});
