import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadFile } from '../../server/formats/badFile.ts';
import { problemSettings } from '../../server/settingsFile.ts';

describe('problems in rangefinder.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const read = (text: string): object => {
    writeFileSync(join(folder, 'rangefinder.json'), text);
    return problemSettings(join(folder, 'net.onnx'));
  };

  const fine: readonly (readonly [text: string, settings: object])[] = [
    ['{}', {}],
    ['{"pairs": []}', {}],
    ['{"problems": {}}', {}],
    ['{"problems": {"ignore": ["weak-layer"]}}', { ignore: ['weak-layer'] }],
    ['{"problems": {"weakLayerDb": 0}}', { weakLayerDb: 0 }],
    [
      '{"problems": {"weakLayerDb": 32.5, "ignore": []}, "data": "x"}',
      { weakLayerDb: 32.5, ignore: [] },
    ],
  ];
  for (const [text, settings] of fine) {
    it(`reads ${text}`, () => assert.deepEqual(read(text), settings));
  }

  const bad: readonly (readonly [text: string, says: RegExp])[] = [
    ['[]', /not an object/],
    ['{"problems": 3}', /"problems" is not an object/],
    ['{"problems": {"ignore": "weak-layer"}}', /"ignore" of "problems" is not a list of codes/],
    ['{"problems": {"ignore": [3]}}', /is not a list of codes/],
    ['{"problems": {"weakLayerDb": -1}}', /"weakLayerDb" of "problems" is not a number/],
    ['{"problems": {"weakLayerDb": "x"}}', /is not a number of dB/],
  ];
  for (const [text, says] of bad) {
    it(`refuses ${text}`, () => {
      assert.throws(
        () => read(text),
        (thrown) => thrown instanceof BadFile && says.test(thrown.fault.message),
      );
    });
  }
});
