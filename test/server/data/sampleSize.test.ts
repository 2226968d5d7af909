import assert from 'node:assert/strict';
import { openSamples } from '../../../server/data/openSamples.ts';
import { valueInfo } from '../../kit/graphs.ts';

describe('samples of large inputs', () => {
  it('are refused where one takes more than there is room for', async () => {
    const inputs = [valueInfo('x', ['N', 3, 20000, 20000])];
    const opened = await openSamples('synthetic:4', inputs);
    assert.ok(!opened.ok);
    assert.equal(opened.error.code, 'too-large');
    assert.match(opened.error.message, /"x" of \[N, 3, 20000, 20000\] takes 4\.8 GB a sample/);
    assert.match(opened.error.remedy ?? '', /smaller sizes/);
  });

  it('are fewer where they are made and kept', async () => {
    const opened = await openSamples('synthetic', [valueInfo('x', [1, 3, 5000, 5000])]);
    assert.ok(opened.ok);
    assert.equal(opened.value.count, 3);
    assert.equal((await opened.value.feeds(2)).get('x')?.values.length, 75e6);
  });
});
