import assert from 'node:assert/strict';
import { parseRange, splitSamples, type SplitRequest } from '../../../server/data/splitSamples.ts';

const all = ['calibration', 'correction', 'judge'] as const;
const split = (request: Partial<SplitRequest>) =>
  splitSamples({ count: 64, purposes: all, seed: 1, ...request });

function done(request: Partial<SplitRequest>) {
  const made = split(request);
  if (!made.ok) assert.fail(made.error.message);
  return made.value;
}

describe('splitSamples', () => {
  it('gives a quarter, a quarter and a half, and each sample once', () => {
    const { indices } = done({});
    assert.deepEqual(
      all.map((purpose) => indices[purpose].length),
      [16, 16, 32],
    );
    const joined = all.flatMap((purpose) => indices[purpose]);
    assert.deepEqual(
      joined.sort((a, b) => a - b),
      Array.from({ length: 64 }, (_, i) => i),
    );
  });

  it('gives each class in proportion', () => {
    const labels = Int32Array.from({ length: 64 }, (_, i) => (i < 16 ? 3 : 8));
    const { indices } = done({ labels });
    const ofThree = all.map((purpose) => indices[purpose].filter((i) => labels[i] === 3).length);
    assert.deepEqual(ofThree, [4, 4, 8]);
  });

  it('warns of samples that calibrate and correct only where both are done', () => {
    const both = { calibration: { from: 0, until: 16 }, correction: { from: 0, until: 32 } };
    const codesFor = (purposes: SplitRequest['purposes']): string[] =>
      done({ ...both, purposes }).issues.map(({ code }) => code);
    assert.deepEqual(codesFor(all), ['overlap']);
    assert.deepEqual(codesFor(['correction', 'judge']), []);
    assert.deepEqual(codesFor(['correction']), []);
    assert.deepEqual(codesFor(['calibration', 'judge']), []);
  });

  it('is the same for a seed, and another for another', () => {
    assert.deepEqual(done({ seed: 7 }), done({ seed: 7 }));
    assert.notDeepEqual(done({ seed: 7 }).indices, done({ seed: 8 }).indices);
    // One sample a class: then the classes are shuffled.
    const labels = Int32Array.from({ length: 64 }, (_, i) => i);
    assert.notDeepEqual(done({ seed: 7, labels }).indices, done({ seed: 8, labels }).indices);
  });

  it('gives all to one purpose, and two purposes their shares', () => {
    assert.equal(done({ purposes: ['judge'] }).indices.judge.length, 64);
    const two = done({ purposes: ['calibration', 'judge'], count: 30 }).indices;
    assert.deepEqual(
      [two.calibration.length, two.correction.length, two.judge.length],
      [10, 0, 20],
    );
  });

  it('deals whole runs where the model takes several samples at a time', () => {
    const { indices, issues } = done({
      count: 34,
      fixedBatch: 4,
      calibration: { from: 0, until: 2 },
    });
    const dealt = [...indices.correction, ...indices.judge];
    assert.equal(dealt.length, 32);
    for (const purpose of ['correction', 'judge'] as const) {
      const own = indices[purpose];
      for (let at = 0; at < own.length; at += 4) {
        const first = own[at] ?? NaN;
        assert.deepEqual(own.slice(at, at + 4), [first, first + 1, first + 2, first + 3]);
      }
    }
    assert.deepEqual(issues, []);
  });

  it('says what makes no full run, and that there are too few runs', () => {
    const { indices, issues } = done({ count: 19, fixedBatch: 4 });
    assert.equal(all.flatMap((purpose) => indices[purpose]).length, 16);
    assert.match(issues[0]?.message ?? '', /4 samples at a time: 3 samples/);
    const few = split({ count: 8, fixedBatch: 4 });
    assert.match(few.ok ? '' : few.error.message, /takes 4 at a time/);
  });

  it('takes ranges as they are, and shares what they leave', () => {
    const { indices, issues } = done({ count: 40, calibration: { from: 0, until: 4 } });
    assert.deepEqual(indices.calibration, [0, 1, 2, 3]);
    assert.deepEqual([indices.correction.length, indices.judge.length], [12, 24]);
    assert.ok([...indices.correction, ...indices.judge].every((index) => index >= 4));
    assert.deepEqual(issues, []);
  });

  it('allows calibration and correction to share, and says so', () => {
    const shared = { calibration: { from: 0, until: 8 }, correction: { from: 4, until: 12 } };
    const { issues } = done(shared);
    assert.deepEqual(
      issues.map(({ code }) => code),
      ['overlap'],
    );
    assert.match(issues[0]?.message ?? '', /4\.\.8/);
  });

  const refused: readonly (readonly [
    request: Partial<SplitRequest>,
    code: string,
    says: RegExp,
  ])[] = [
    [{ judge: { from: 60, until: 65 } }, 'bad-range', /--judge 60\.\.65 ends after .* 64/],
    [{ judge: { from: 6, until: 6 } }, 'bad-range', /has no samples/],
    [{ judge: { from: 0, until: 9 }, calibration: { from: 8, until: 20 } }, 'overlap', /8\.\.9/],
    [{ judge: { from: 0, until: 9 }, correction: { from: 0, until: 2 } }, 'overlap', /0\.\.2/],
    [{ count: 1 }, 'too-few-samples', /No sample of 1/],
    [{ count: 9, calibration: { from: 0, until: 9 } }, 'too-few-samples', /--correction/],
  ];
  for (const [request, code, says] of refused) {
    it(`refuses ${JSON.stringify(request)}`, () => {
      const made = split(request);
      assert.ok(!made.ok);
      assert.equal(made.error.code, code);
      assert.match(made.error.message, says);
    });
  }

  it('reads ranges', () => {
    assert.deepEqual(parseRange('3..12'), { from: 3, until: 12 });
    for (const text of ['3-12', '3..', '..4', '-1..4', 'a..b'])
      assert.equal(parseRange(text), undefined);
  });
});
