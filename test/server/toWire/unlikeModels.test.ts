import assert from 'node:assert/strict';
import { matchLayers, type LayerMatching } from '../../../server/core/compare/matchLayers.ts';
import { noJob } from '../../../server/core/job.ts';
import { isUnlike } from '../../../server/toWire/comparison.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

describe('models with little in common', () => {
  const all = async (): Promise<LayerMatching> => {
    const graph = smallMobileNet();
    return matchLayers(graph, graph, noJob);
  };
  const named = ['other', 'another', 'third'];

  it('have few layers of the same shape, and none that is known by more', async () => {
    const { matches } = await all();
    const [one, two] = matches.map((match) => ({ ...match, kind: 'structure' as const }));
    assert.ok(one && two);
    const [layer] = matches.map(({ first }) => first);
    assert.ok(layer);
    const without = named.map((name) => ({ ...layer, name }));
    const unlike = { matches: [one, two], unmatched: { first: without, second: [] } };
    assert.equal(isUnlike(unlike), true);
    assert.equal(
      isUnlike({ ...unlike, unmatched: { first: without.slice(1), second: [] } }),
      false,
    );
    const known = { ...unlike, matches: [one, { ...two, kind: 'weights' as const }] };
    assert.equal(isUnlike(known), false);
  });

  it('are not a model and itself', async () => {
    assert.equal(isUnlike(await all()), false);
  });
});
