import assert from 'node:assert/strict';
import type { ContenderScores } from '../../../server/quantize/evaluate.ts';
import {
  howChosen,
  leftOutWords,
  verdictWords,
  words,
} from '../../../server/quantize/repairWords.ts';

const scores = (sqnrDb: number, top1?: number): ContenderScores => ({
  sqnrDb,
  cosine: 1,
  mse: 0,
  maxAbs: 0,
  samples: {
    index: Int32Array.of(0, 1),
    sumSquaredReference: Float64Array.of(1, 1),
    sumSquaredError: Float64Array.of(0.1, 0.1),
  },
  ...(top1 === undefined ? {} : { accuracy: accuracy(top1) }),
});

const accuracy = (top1: number): NonNullable<ContenderScores['accuracy']> => ({
  top1,
  top5: 1,
  isRight: [true, false],
});

describe('the words of a repair', () => {
  for (const { steps, ways, says } of [
    { steps: 1, ways: 1, says: '' },
    { steps: 1, ways: 2, says: '' },
    { steps: 2, ways: 2, says: 'Clearing and equalizing together. ' },
    { steps: 1, ways: 8, says: 'The best of 8 ways by ' },
    {
      steps: 2,
      ways: 44,
      says: 'Clearing and equalizing together: the best of 44 ways by ',
    },
  ]) {
    it(`tell of ${steps} steps and ${ways} ways`, () => assert.equal(howChosen(steps, ways), says));
  }

  it('say what clearing is judged against, which is listed behind it, and why it costs', () => {
    assert.equal(leftOutWords('equalize', 'A.', [false, true]), 'Left out. A.');
    assert.equal(leftOutWords('clear', 'A.', [false, false]), 'Left out. A.');
    const beside = leftOutWords('clear', 'A.', [true, true]);
    assert.match(
      beside,
      /^Left out: equalizing without it, the next step, does better\. A\. By itself/,
    );
    assert.match(beside, /the factors that equalizing takes\.$/);
    assert.match(leftOutWords('clear', 'A.', [true, false]), /does better\. A\.$/);
  });

  const verdict = {
    float: {},
    before: scores(12.34),
    after: scores(23.45),
    metric: 'sqnr',
    on: '40 samples of faces',
    left: ['absorb'],
  } as const;

  it('tell a gain', () =>
    assert.equal(
      verdictWords({ ...verdict, gained: true }),
      'Output SQNR rose from 12.3 dB to 23.4 dB on 40 samples of faces that served neither calibrating nor correcting.',
    ));

  it('say that the samples chose among ways, where the best of some was taken', () => {
    const said = (ways: number): string => verdictWords({ ...verdict, gained: true, ways });
    assert.match(said(44), /nor correcting, and chose among 44 ways of scaling\.$/);
    assert.match(said(2), /nor correcting\.$/);
    assert.doesNotMatch(verdictWords({ ...verdict, gained: false, ways: 44 }), /ways/);
  });

  it('name the figure that chose, and on how many samples', () =>
    assert.equal(
      howChosen(2, 44) + words(scores(12.34), scores(23.45), 'sqnr', ' with the correction'),
      'Clearing and equalizing together: the best of 44 ways by Output SQNR with the correction on 2 samples: 12.3 dB → 23.4 dB.',
    ));

  it('say whether a fall of top-1 is one', () => {
    const right = (count: number): NonNullable<ContenderScores['accuracy']> => ({
      top1: count / 20,
      top5: 1,
      isRight: Array.from({ length: 20 }, (_, at) => at < count),
    });
    const said = (was: number, is: number): string =>
      verdictWords({
        ...verdict,
        float: { accuracy: right(20) },
        before: { ...scores(1), accuracy: right(was) },
        after: { ...scores(2), accuracy: right(is) },
        gained: true,
      });
    assert.match(
      said(10, 8),
      /in float \(a fall within chance: 2 right before only, 0 after only, p = 0\.50\)\.$/,
    );
    assert.match(said(18, 2), /\(a fall that chance does not explain: 16 .* p < 0\.001\)\.$/);
    assert.match(said(8, 10), / in float\.$/);
  });

  it('call the logits by their name, and only where there are some', () => {
    const [before, after] = [12.34, 23.45].map((db) => ({
      ...scores(1),
      logits: { sqnrDb: db, cosine: 1, mse: 0, maxAbs: 0 },
    }));
    assert.ok(before && after);
    const about = { ...verdict, metric: 'logits', gained: true } as const;
    assert.match(
      verdictWords({ ...about, before, after }),
      /^Logits SQNR rose from 12\.3 dB to 23/,
    );
    assert.match(verdictWords(about), /^Output SQNR rose from 12\.3 dB to 23/);
    assert.match(
      words(before, after, 'logits', ' with it'),
      /^Logits SQNR with it on 2 samples: 12\.3 dB → 23/,
    );
  });

  it('tell top-1 beside it', () => {
    const [before, after] = [scores(12.34, 0.5), scores(23.45, 0.75)];
    const float = { accuracy: accuracy(0.8) };
    assert.match(
      verdictWords({ ...verdict, float, before, after, gained: true }),
      /; top-1 50\.0 % → 75\.0 % of 80\.0 % in float\.$/,
    );
  });

  it('tell that there is none, and what was tried', () =>
    assert.equal(
      verdictWords({
        ...verdict,
        after: verdict.before,
        gained: false,
        left: ['clear', 'equalize'],
      }),
      'Nothing to gain here: Output SQNR is 12.3 dB on 40 samples of faces that served neither calibrating nor correcting, and no step (clear, equalize) raises it by more than chance would.',
    ));

  it('tell that the file was repaired before, with top-1 once', () => {
    const before = scores(12.34, 0.5);
    const float = { accuracy: accuracy(0.8) };
    assert.equal(
      verdictWords({ ...verdict, float, before, after: before, gained: false, isRepaired: true }),
      'Already repaired for this grid, and nothing to gain: Output SQNR is 12.3 dB on 40 samples of faces that served neither calibrating nor correcting; top-1 50.0 % of 80.0 % in float.',
    );
  });

  it('tell what keeping every step came to', () =>
    assert.match(
      verdictWords({ ...verdict, after: scores(11.1), gained: false }),
      /^Every step is kept, as asked for, and nothing is gained: Output SQNR went from 12\.3 dB to 11\.1 dB/,
    ));

  it('let an error fall', () => {
    const [before, after] = [0.5, 0.25].map((mse) => ({ ...scores(1), mse }));
    assert.ok(before && after);
    assert.match(
      verdictWords({ ...verdict, before, after, metric: 'mse', gained: true }),
      /^Mean squared error fell from 0\.500 to 0\.250 /,
    );
  });
});
