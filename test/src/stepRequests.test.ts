import assert from 'node:assert/strict';
import { stepRequests } from '../../src/stepRequests.ts';

const usual = { relu6: 'cap', allowedChange: 0.01 } as const;

describe('requests of steps', () => {
  it('name only what differs from the defaults', () => {
    assert.deepEqual(stepRequests(usual, ['fold', 'equalize', 'absorb']), [
      { step: 'fold' },
      { step: 'equalize' },
      { step: 'absorb' },
    ]);
  });

  it('give each step the settings that are its own, and all the chosen layers', () => {
    const changed = { relu6: 'relu', allowedChange: 0.2 } as never;
    assert.deepEqual(stepRequests(changed, ['fold', 'equalize', 'absorb'], [7]), [
      { step: 'fold', options: { layers: [7] } },
      { step: 'equalize', options: { relu6: 'relu', layers: [7] } },
      { step: 'absorb', options: { allowedChange: 0.2, layers: [7] } },
    ]);
  });

  it('give what the page says the last word', () => {
    const changed = { relu6: 'relu', allowedChange: 0.2 } as never;
    assert.deepEqual(stepRequests(changed, ['absorb'], undefined, { allowedChange: 1 }), [
      { step: 'absorb', options: { allowedChange: 1 } },
    ]);
  });
});
