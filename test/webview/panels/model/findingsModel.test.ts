import assert from 'node:assert/strict';
import type { FindingRow, Remedy } from '../../../../server/protocol/model.ts';
import type { WireNumber } from '../../../../server/protocol/wire.ts';
import {
  bestRemedy,
  isHarmful,
  isIdle,
  nameHead,
  repeated,
} from '../../../../webview/panels/model/findingsModel.ts';

const remedy = (fromDb: WireNumber, toDb: WireNumber, isMeasured = true): Remedy => ({
  label: 'Equalize',
  step: 'equalize',
  fromDb,
  toDb,
  isMeasured,
});

describe('remedies of a finding', () => {
  const table: readonly (readonly [WireNumber, WireNumber, 'gains' | 'idle' | 'harms' | 'none'])[] =
    [
      [20, 30, 'gains'],
      [34.6, 34.7, 'gains'],
      [34.61, 34.64, 'idle'],
      [34.6, 34.6, 'idle'],
      [34.64, 34.61, 'idle'],
      [34.6, 34.5, 'harms'],
      [20, 'inf', 'gains'],
      ['inf', 'inf', 'idle'],
      ['inf', 20, 'harms'],
      ['nan', 20, 'none'],
    ];
  for (const [from, to, comes] of table) {
    it(`${comes}: ${from} to ${to} dB`, () => {
      const one = remedy(from, to);
      assert.deepEqual(
        [bestRemedy([one]) === one, isIdle(one), isHarmful(one)],
        [comes === 'gains', comes === 'idle', comes === 'harms'],
      );
    });
  }

  it('are listed once where findings have the same', () => {
    const finding = (code: string, ...remedies: readonly Remedy[]): FindingRow => {
      return { code, mark: 'hurts', title: code, text: '', layers: [], remedies };
    };
    const [both, one] = [[remedy(20, 30), remedy(20, 25)], [remedy(20, 30)]];
    const findings = [
      finding('uneven-channels', ...both),
      finding('weak-layer', ...one),
      finding('tiny-channels', ...both),
      finding('biased-error', ...one),
      finding('dead-channels', remedy(20, 25), remedy(20, 30)),
    ];
    const again = [...repeated(findings)].map(({ code }) => code);
    assert.deepEqual(again, ['tiny-channels']);
  });

  it('promise to be measured only where all are', () => {
    assert.equal(nameHead([remedy(20, 30), remedy(20, 10)]), 'Remedy, measured');
    assert.equal(nameHead([remedy(20, 30), remedy(20, 20, false)]), 'Remedy');
    assert.equal(nameHead([remedy(20, 20, false)]), 'Remedy');
    assert.equal(isIdle(remedy(20, 20, false)), false);
  });
});
