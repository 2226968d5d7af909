import assert from 'node:assert/strict';
import type { ModelState } from '../../../server/protocol/model.ts';
import { AppliedStates } from '../../../src/problems/appliedStates.ts';
import { modelState } from '../modelStates.ts';

describe('AppliedStates', () => {
  const preview = { title: 'Preview of Fold', steps: ['fold' as const] };

  it('gives the state from before the preview while one is shown, and then the new one', () => {
    const states = new AppliedStates();
    const opened = modelState({ revision: 1 });
    const model: { state: ModelState | undefined } = { state: opened };
    assert.equal(states.of(model), opened);
    model.state = modelState({ revision: 2, preview });
    assert.equal(states.of(model), opened);
    assert.equal(states.of(model), opened, 'and again');
    const after = modelState({ revision: 3 });
    model.state = after;
    assert.equal(states.of(model), after);
  });

  it('knows nothing of a model that was only seen in a preview, or was read anew since', () => {
    const states = new AppliedStates();
    const model: { state: ModelState | undefined } = { state: modelState({ preview }) };
    assert.equal(states.of(model), undefined);
    model.state = modelState();
    states.of(model);
    model.state = undefined;
    assert.equal(states.of(model), undefined);
    model.state = modelState({ preview });
    assert.equal(states.of(model), undefined);
  });
});
