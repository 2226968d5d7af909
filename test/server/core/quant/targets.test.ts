import assert from 'node:assert/strict';
import {
  defaultTarget,
  targetLabel,
  targetProfiles,
} from '../../../../server/core/quant/targets.ts';

describe('targets', () => {
  it('have distinct names and begin with the default', () => {
    const names = targetProfiles.map(({ profile }) => profile);
    assert.equal(new Set(names).size, names.length);
    assert.equal(names[0], defaultTarget.profile);
  });

  it('are labelled as people say them', () => {
    assert.equal(targetLabel(defaultTarget), 'W8 A8 · per channel · symmetric');
    assert.equal(
      targetLabel({ ...defaultTarget, granularity: 'tensor', symmetry: 'strict' }),
      'W8 A8 · per tensor · strict',
    );
    assert.equal(
      targetLabel({ ...defaultTarget, weightBits: 4, activationBits: 'float', isPowerOfTwo: true }),
      'W4 A float · per channel · symmetric · power of two',
    );
  });
});
