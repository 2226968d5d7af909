import assert from 'node:assert/strict';
import { evaluationOf, type Judgement } from '../../../server/toWire/evaluation.ts';
import { defaultTarget } from '../../../server/core/quant/targets.ts';
import { exactTest, wilsonInterval } from '../../../server/quantize/scores.ts';

const bits = (text: string): boolean[] => Array.from(text, (one) => one === '1');
const scoresOf = (right: string): object => {
  const isRight = bits(right);
  const top1 = isRight.filter(Boolean).length / isRight.length;
  const index = isRight.map((_, at) => at);
  return {
    quantized: {
      sqnrDb: 10,
      cosine: 1,
      mse: 0,
      agreement: 0.5,
      accuracy: { top1, isRight },
      samples: {
        index,
        sumSquaredReference: index.map(() => 1),
        sumSquaredError: index.map(() => 0.1),
      },
    },
    float: { top1: 0.8, isRight: bits('1111111100') },
    samples: 10,
    failures: [],
  };
};
const judged = (was: string, is: string, remedies: readonly object[] = []): Judgement =>
  ({
    opened: { scores: scoresOf(was) },
    now: { scores: scoresOf(is), remedies },
    data: { samples: { source: 'here' }, isSynthetic: false, isShared: false },
    target: defaultTarget,
    isStale: false,
  }) as unknown as Judgement;

describe('evaluationOf', () => {
  it('pairs now with as opened and with float, by the exact test', () => {
    const found = evaluationOf(judged('0000000000', '1111111000'));
    // All 7 disagreements on one side: p = 2 / 2^7.
    assert.equal(found?.paired?.onlyNow, 7);
    assert.equal(found.paired.onlyOpened, 0);
    // It is summed from logarithms.
    assert.ok(Math.abs(found.paired.p - 2 / 2 ** 7) < 1e-12);
    // One lost against float: p = 1.
    assert.deepEqual(found.pairedFloat, { onlyNow: 0, onlyFloat: 1, p: 1 });
  });

  const rights = (onlyNow: number, onlyOpened: number, all: number): [string, string] => {
    const both = '1'.repeat(all - onlyNow - onlyOpened);
    return [
      '0'.repeat(onlyNow) + '1'.repeat(onlyOpened) + both,
      '1'.repeat(onlyNow) + '0'.repeat(onlyOpened) + both,
    ];
  };
  const enough = (now: number, opened: number, all: number): number => {
    const [was, is] = rights(now, opened, all);
    const state = judged(was, is);
    for (const { scores } of [state.opened, state.now])
      Object.assign(scores ?? {}, { samples: all });
    const note = evaluationOf(state)?.notes.find((one) => one.includes('from the file as opened'));
    const [, count = ''] = /about ([\d,]+) samples would tell it from/.exec(note ?? '') ?? [];
    return Number(count.replaceAll(',', ''));
  };

  for (const [now, opened, all] of [
    [4, 0, 120],
    [5, 0, 40],
    [9, 3, 200],
    [1, 6, 100],
  ] as const) {
    it(`says how many samples would show ${now} against ${opened} of ${all} by the test itself`, () => {
      const needed = enough(now, opened, all);
      assert.ok(needed > all);
      const isSure = (count: number): boolean => {
        const [a, b] = [now, opened].map((one) => Math.round((one * count) / all));
        return exactTest(a ?? 0, b ?? 0) < 0.05;
      };
      for (let count = needed; count < 4 * needed; count += 10)
        assert.ok(isSure(count), `${count}`);
      assert.ok(!isSure(needed - 10), 'no fewer');
    });
  }

  it('names a number of samples once, with what it decides', () => {
    const countsIn = (state: Judgement): string[] =>
      (evaluationOf(state)?.notes ?? []).filter((one) => /about [\d,]+ samples? would/.test(one));
    const same = countsIn(judged('1111111100', '1111111100'));
    assert.equal(same.length, 1);
    assert.match(
      same[0] ?? '',
      /^10 samples decide top-1 to within .* would decide it to within 2\.5\.$/,
    );
    const lost = countsIn(judged('1111111000', '1111111000'));
    assert.equal(lost.length, 1);
    assert.match(
      lost[0] ?? '',
      /^If it stays like that, about \d+ samples would tell it from float\.$/,
    );
    // What differs is said where the notes stand, with its chance: not a second time here.
    assert.ok(!evaluationOf(judged('1', '0'))?.notes.some((one) => /right only now/.test(one)));
  });

  it('gives no interval for float agreeing with itself', () => {
    const state = judged('01', '11');
    for (const { scores } of [state.opened, state.now]) {
      const { quantized } = scores as unknown as { quantized: { accuracy?: unknown } };
      delete quantized.accuracy;
      Object.assign(scores ?? {}, { float: undefined });
    }
    const [float, opened] = evaluationOf(state)?.rows ?? [];
    assert.equal(float?.agreement, 1);
    assert.equal(float.interval, undefined);
    assert.ok(opened?.interval);
  });

  it('adds a row for each other target that was tried, with its interval', () => {
    const tried = { kind: 'perChannel', db: 12, outputDb: 11, top1: 0.6, right: 6, agreement: 0.9 };
    const found = evaluationOf(judged('0', '1', [tried, { kind: 'correct', db: 3, outputDb: 2 }]));
    const others = found?.rows.filter(({ state }) => state === 'other');
    assert.equal(others?.length, 1, 'steps are no states');
    assert.equal(others?.[0]?.title, 'Now, with weights per channel');
    assert.deepEqual(others?.[0]?.interval, wilsonInterval(6, 10));
    assert.equal(others?.[0]?.sqnrDb, 11);
    const { opened, ...rest } = judged('0', '1', [tried]);
    const unchanged = evaluationOf({ ...rest, opened: {}, now: { ...opened, ...rest.now } });
    assert.equal(unchanged?.rows.at(-1)?.title, 'Weights per channel');
  });
});
