import assert from 'node:assert/strict';
import { withData } from '../../../server/toWire/layerData.ts';
import type { Measured } from '../../../server/session/measured.ts';
import { layerRow } from '../../src/modelStates.ts';

type Layer = NonNullable<Measured['layers']>[string];

const layer = (local: number): Layer => ({
  local,
  weights: local,
  activations: Infinity,
  soFar: local,
  biasError: [],
  worstSamples: [],
});

/** The row of a layer that is fine by its weights, with what samples say of it. */
function markOf(layers: Measured['layers'], sensitivity?: Measured['sensitivity']): string {
  const now = { layers, sensitivity } as Measured;
  return withData(layerRow(1, 'conv', 40), { opened: now, now }).mark;
}

describe('the mark of a layer that samples were measured on', () => {
  it('goes by its own error: what its weights keep says nothing of its values', () => {
    assert.equal(layerRow(1, 'conv', 40).mark, 'fine');
    assert.equal(markOf({ conv: layer(19.9) }), 'hurts');
    assert.equal(markOf({ conv: layer(20) }), 'watch');
    assert.equal(markOf({ conv: layer(28) }), 'fine');
  });

  it('goes by the outputs with only the layer rounded, where that is known', () => {
    assert.equal(markOf({ conv: layer(5) }, { conv: { alone: 30, allButThis: 3 } }), 'fine');
    assert.equal(markOf({ conv: layer(50) }, { conv: { alone: 19, allButThis: 3 } }), 'hurts');
  });

  it('stays that of the weights where nothing came of the samples', () => {
    assert.equal(markOf({ conv: layer(NaN) }), 'fine');
    assert.equal(markOf({ other: layer(1) }), 'fine');
  });
});
