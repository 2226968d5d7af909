import assert from 'node:assert/strict';
import type { LedgerRow } from '../../../server/protocol/model.ts';
import type { StepRecord } from '../../../server/session/changeLog.ts';
import { refusedOf, refusedWords } from '../../../server/toWire/railWords.ts';

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
    [['moves-outputs', 'moves-outputs'], [tried(0.5, 2.38)], 'outputs move by 2.38'],
    [['padded', 'moves-outputs'], [tried(2.38)], '1 by structure, 1 moves outputs by 2.38'],
    [
      ['padded', 'moves-outputs', 'moves-outputs'],
      [tried(0.5, 2.38)],
      '1 by structure, 2 move outputs by 2.38',
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
