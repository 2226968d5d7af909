import assert from 'node:assert/strict';
import type { LedgerRow } from '../../../../server/protocol/model.ts';
import {
  countOutcomes,
  filterLedger,
  groupLedger,
  ledgerCsv,
  ledgerLabel,
} from '../../../../webview/panels/model/ledgerModel.ts';

const row = (
  outcome: LedgerRow['outcome'],
  step: string,
  place: string,
  why: string,
): LedgerRow => ({
  outcome,
  step,
  place,
  why,
  layers: [],
  channels: '',
  code: '',
  unblock: '',
});
const rows = [
  row('done', 'Fold', 'a', 'Backward, exact.'),
  row('done', 'Fold', 'b', 'Backward, exact.'),
  row('refused', 'Absorb', 'a → b', 'Equalize first.'),
  row('not-needed', 'Fold', 'c', 'No batch norm follows.'),
  row('done', 'Clear', 'a', 'Always 0.'),
  row('done', 'Equalize', 'a → b', 'Pair.'),
  row('done', 'Equalize', 'b → c', 'Pair.'),
];
const shown = (folded: ReadonlySet<string> = new Set()): string[] =>
  groupLedger(rows, folded).map(
    ({ row: { step, place }, places, isHead }) => `${isHead ? step : ''} ${places ?? place}`,
  );

describe('ledger model', () => {
  it('groups by reason, refused first; the first group that folds is open', () => {
    assert.deepEqual(shown(), [
      'Absorb a → b',
      'Fold c',
      'Fold 2',
      ' a',
      ' b',
      'Clear a',
      'Equalize 2',
    ]);
  });
  it('a group that was turned is the other way round', () => {
    const keys = groupLedger(rows, new Set())
      .filter(({ places }) => places !== undefined)
      .map(({ key }) => key);
    assert.deepEqual(shown(new Set(keys)), [
      'Absorb a → b',
      'Fold c',
      'Fold 2',
      'Clear a',
      'Equalize 2',
      ' a → b',
      ' b → c',
    ]);
  });
  it('keys of lines are unique', () => {
    const keys = groupLedger(rows, new Set()).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
  });
  it('filters by outcome and words', () => {
    const places = (outcome: LedgerRow['outcome'] | undefined, text: string): string[] =>
      filterLedger(rows, outcome, text).map(({ step, place }) => `${step} ${place}`);
    assert.deepEqual(places('refused', ''), ['Absorb a → b']);
    assert.deepEqual(places(undefined, 'batch c'), ['Fold c']);
    assert.deepEqual(places('refused', 'xy'), []);
    assert.equal(filterLedger(rows, undefined, ''), rows);
  });
  it('the name of a step looks at the step alone, and at the clearing that is part of it', () => {
    const steps = (text: string): string[] =>
      filterLedger(rows, undefined, text).map(({ step }) => step);
    assert.deepEqual(steps('Equalize'), ['Clear', 'Equalize', 'Equalize']);
    assert.deepEqual(steps('clear'), ['Clear']);
  });
  it('counts the channels of a group that clears them, as the rail does', () => {
    const clear = (place: string, channels: string): LedgerRow => ({
      ...row('done', 'Clear', place, 'Always 0.'),
      channels,
    });
    const channelsOf = (...members: readonly LedgerRow[]): string | undefined =>
      groupLedger(members, new Set())[0]?.channels;
    assert.equal(channelsOf(clear('a → b', '1'), clear('b → c', '1,003')), '1,004');
    assert.equal(channelsOf(clear('a → b', '1'), clear('a → c', '3')), '', 'some may be the same');
    const fold = { ...row('done', 'Fold', 'a', 'Backward, exact.'), channels: '8' };
    assert.equal(channelsOf(fold, { ...fold, place: 'b' }), '');
  });
  it('counts outcomes', () => {
    assert.deepEqual(
      [...countOutcomes(rows)],
      [
        ['done', 5],
        ['refused', 1],
        ['not-needed', 1],
      ],
    );
  });
  it('says a line', () => {
    const [refused, , group] = groupLedger(rows, new Set());
    assert.equal(refused && ledgerLabel(refused), 'Refused, Absorb, a → b: Equalize first.');
    assert.equal(group && ledgerLabel(group), 'Done, Fold, 2 places: Backward, exact.');
    const cleared = groupLedger(rows, new Set()).find(({ row: { step } }) => step === 'Clear');
    assert.equal(cleared && ledgerLabel(cleared), 'Done, Equalize, clear, a: Always 0.');
  });
  it('quotes what CSV needs quoted', () => {
    const csv = ledgerCsv([row('refused', 'Fold', 'a, b', 'It says "no".')]).split('\r\n');
    assert.equal(csv[0], 'Outcome,Step,Place,Channels,Code,Why,What would unblock it');
    assert.equal(csv[1], 'Refused,Fold,"a, b",,,"It says ""no"".",');
  });
});
