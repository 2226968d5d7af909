import assert from 'node:assert/strict';
import { refusedData } from '../../../server/session/sessionData.ts';

describe('what is wrong with samples, for people without a command line', () => {
  for (const [remedy, says] of [
    [
      `Such as --preprocess '{"scale": 0.1}': it is fed so. Without --preprocess it is not.`,
      'Such as "preprocess": {"scale": 0.1} in rangefinder.json: it is fed so. Without "preprocess" it is not.',
    ],
    ['Give --labels FILE.', 'Give "labels" FILE.'],
    [
      'Give --dims height=SIZE.',
      'Give set "dims": {"height": SIZE} in rangefinder.json beside the model.',
    ],
  ] as const) {
    it(`names settings in place of options: ${remedy}`, () => {
      const { fault } = refusedData({ code: 'wrong-shape', message: 'No.', remedy });
      assert.equal(fault.remedy, says);
    });
  }
});
