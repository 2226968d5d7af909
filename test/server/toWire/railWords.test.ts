import assert from 'node:assert/strict';
import type { LedgerRow } from '../../../server/protocol/model.ts';
import type { StepRecord } from '../../../server/session/changeLog.ts';
import { lossOf, refusedOf, refusedWords } from '../../../server/toWire/railWords.ts';

const row = (code: string, more: Partial<LedgerRow> = {}): LedgerRow => ({
  outcome: 'refused',
  step: 'Absorb',
  place: 'a → b',
  layers: [],
  channels: '',
  code,
  why: code,
  unblock: '',
  ...more,
});

/** A step that was tried, and moved the outputs by so much; undefined: nobody could measure it. */
const tried = (...moved: readonly (number | undefined)[]): StepRecord => ({
  step: 'absorb',
  applied: [],
  skipped: moved.map((by, at) => ({
    code: 'moves-outputs',
    place: `${at} → ${at + 1}`,
    reason: 'absorbing moves the float outputs',
    ...(by === undefined ? {} : { moved: by }),
  })),
  isExact: true,
  proof: undefined,
});

describe('refusals in the words of a step', () => {
  const cases: readonly (readonly [
    codes: readonly string[],
    records: readonly StepRecord[],
    says: string,
  ])[] = [
    [['padded', 'add'], [], 'by structure'],
    [['moves-outputs', 'moves-outputs'], [tried(0.5, 2.38)], 'outputs move by 2.38 of the largest'],
    [
      ['padded', 'moves-outputs'],
      [tried(2.38)],
      '1 by structure, 1 moves outputs by 2.38 of the largest',
    ],
    [
      ['padded', 'moves-outputs', 'moves-outputs'],
      [tried(0.5, 2.38)],
      '1 by structure, 2 move outputs by 2.38 of the largest',
    ],
    [['moves-outputs'], [tried(undefined)], 'not measured'],
    [['moves-outputs', 'add'], [tried(undefined)], '1 by structure, 1 not measured'],
    [['not-kept', 'not-kept'], [], 'undone by Repair'],
    [['not-kept', 'used-elsewhere'], [], '1 by structure, 1 undone by Repair'],
    [[], [], ''],
  ];
  for (const [codes, records, says] of cases)
    it(`of ${codes.join(', ') || 'nothing'}: ${says || 'nothing'}`, () => {
      assert.equal(
        refusedWords(
          codes.map((code) => row(code)),
          records,
        ),
        says,
      );
    });

  it('are those that the ledger lists of the step, clearing with equalizing', () => {
    const ledger = [
      row('used-elsewhere', { step: 'Equalize' }),
      row('not-kept', { step: 'Clear' }),
      row('padded'),
      row('absorbed', { outcome: 'done' }),
    ];
    const codes = (id: 'fold' | 'equalize' | 'absorb'): string[] =>
      refusedOf(ledger, id).map(({ code }) => code);
    assert.deepEqual(codes('fold'), []);
    assert.deepEqual(codes('equalize'), ['used-elsewhere', 'not-kept']);
    assert.deepEqual(codes('absorb'), ['padded']);
  });
});

describe('a loss by equalizing', () => {
  type Asked = Parameters<typeof lossOf>[0];
  const report = (name: string, sqnrChosen: number): object => ({
    layer: { name },
    isMeasured: true,
    figures: { sqnrChosen },
  });
  /** The lowest layer kept `was` dB before, and keeps `is` dB now. */
  const session = (was: number, is: number): Asked => {
    const [opened, now] = [new Map([[1, report('a', was)]]), new Map([[1, report('b', is)]])];
    const insight = { now, before: opened, folded: { now: new Map(), opened: new Map() } };
    return { analyst: { insight } } as unknown as Asked;
  };
  const record = (more: Partial<StepRecord> = {}): StepRecord => ({
    step: 'equalize',
    applied: [{ isHeldByFormat: true }],
    skipped: [],
    isExact: true,
    proof: undefined,
    ...more,
  });

  it('is told with its reason where the weights are worse than before', () => {
    const { isLoss, gainNote = '' } = lossOf(session(22.7, 19), [record()]);
    assert.equal(isLoss, true);
    assert.match(gainNote, /^b keeps less than any layer did before\. 1 set could not be scaled/);
    const free = lossOf(session(22.7, 19), [record({ applied: [{}] })]);
    assert.match(free.gainNote ?? '', /what one gains, another may lose/);
  });

  it('is none where nothing fell, or samples judged it', () => {
    assert.deepEqual(lossOf(session(19, 22.7), [record()]), {});
    assert.deepEqual(lossOf(session(19, 19), [record()]), {});
    const judged = { beforeDb: 1, afterDb: 2, of: 'outputs', text: '' } as const;
    assert.deepEqual(lossOf(session(22.7, 19), [record({ judged })]), {});
  });
});
