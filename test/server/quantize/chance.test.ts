import assert from 'node:assert/strict';
import { chanceOf, floatAtChance, isFarAboveChance } from '../../../server/quantize/chance.ts';

const answers = (right: number, count: number): { top1: number; isRight: boolean[] } => ({
  top1: right / count,
  isRight: Array.from({ length: count }, (_, i) => i < right),
});

describe('a float network at chance', () => {
  it('has the exact binomial tail', () => {
    assert.equal(chanceOf(0, 5, 0.5), 1);
    assert.ok(Math.abs(chanceOf(5, 5, 0.5) - 1 / 32) < 1e-12);
    assert.ok(Math.abs(chanceOf(2, 3, 0.5) - 0.5) < 1e-12);
    assert.ok(Math.abs(chanceOf(1, 2, 0.1) - 0.19) < 1e-12);
  });

  it('is said with what guessing would give', () => {
    assert.equal(
      floatAtChance(answers(12, 120), 10),
      'Float itself is at chance: it is right on 12 of 120 samples, and guessing among 10 classes is on about 12.',
    );
    assert.match(
      floatAtChance(answers(0, 32), 1000) ?? '',
      /0 of 32 .*1000 classes is on about 0\.0/,
    );
  });

  it('is far off where a network is right more than half of the way to always', () => {
    assert.equal(isFarAboveChance(answers(89, 100), 10), true);
    assert.equal(isFarAboveChance(answers(55, 100), 10), false);
    assert.equal(isFarAboveChance(answers(56, 100), 10), true);
    assert.equal(isFarAboveChance(answers(70, 100), 2), false);
    assert.equal(isFarAboveChance(answers(19, 19), 10), false);
    assert.equal(isFarAboveChance(answers(100, 100), undefined), false);
  });

  it('is not said of one that is better, of few samples, or where classes are not known', () => {
    assert.equal(floatAtChance(answers(24, 120), 10), undefined);
    assert.equal(floatAtChance(answers(3, 32), 1000), undefined);
    assert.equal(floatAtChance(answers(1, 19), 10), undefined);
    assert.equal(floatAtChance(answers(12, 120), undefined), undefined);
    assert.equal(floatAtChance(answers(40, 40), 2), undefined);
  });
});
