import assert from 'node:assert/strict';
import { correctedOn, readCorrectedOn, servedAmong } from '../../server/correctedOn.ts';

const file = { source: 'samples.npz', count: 30 };

describe('the samples of a correction, as a file says them', () => {
  it('are listed in runs, and found again', () => {
    const on = correctedOn(file, [0, 1, 2, 5, 7, 8]);
    assert.equal(on.indices, '0..3,5,7..9');
    assert.deepEqual(readCorrectedOn(JSON.parse(JSON.stringify(on))), on);
    assert.equal(servedAmong(on, file, [2, 3, 4, 5, 6, 7, 20]), 3);
    assert.equal(servedAmong(on, file, [3, 4, 6, 9, 29]), 0);
  });

  it('are those of one file alone', () => {
    const on = correctedOn(file, [0, 1]);
    assert.equal(servedAmong(on, { source: 'others.npz', count: 30 }, [0, 1]), 0);
    assert.equal(servedAmong(on, { source: 'samples.npz', count: 31 }, [0, 1]), 0);
  });

  it('are those of one fingerprint, where both sides have one', () => {
    const on = correctedOn({ ...file, fingerprint: 'ab' }, [0, 1]);
    assert.deepEqual(readCorrectedOn(JSON.parse(JSON.stringify(on))), on);
    assert.equal(servedAmong(on, { ...file, fingerprint: 'ab' }, [0, 1]), 2);
    assert.equal(servedAmong(on, { ...file, fingerprint: 'cd' }, [0, 1]), 0);
    // A record of before has name and number alone.
    assert.equal(servedAmong(correctedOn(file, [0, 1]), { ...file, fingerprint: 'cd' }, [0, 1]), 2);
  });

  it('are not listed where that would be long: which ones is not known then', () => {
    const even = Array.from({ length: 20_000 }, (_, at) => 2 * at);
    const on = correctedOn({ source: 'many', count: 40_000 }, even);
    assert.equal(on.indices, undefined);
    assert.deepEqual(readCorrectedOn(on), on);
    assert.equal(servedAmong(on, on, [0]), undefined);
  });

  it('are nothing where somebody wrote something else', () => {
    for (const strange of [
      undefined,
      'samples.npz',
      { count: 3, indices: '0' },
      { source: 'a', count: 0.5, indices: '0' },
      { source: 'a', count: 3, indices: '0,' },
      { source: 'a', count: 3, indices: '0..x' },
      { source: 'a', count: 3, indices: [0] },
    ]) {
      assert.equal(readCorrectedOn(strange), undefined, JSON.stringify(strange));
    }
  });
});
