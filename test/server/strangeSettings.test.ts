import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelSettings } from '../../server/modelSettings.ts';
import type { ModelSettings } from '../../server/protocol/modelSettings.ts';
import { settingNames } from '../../server/strangeSettings.ts';

describe('names in rangefinder.json that mean nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const read = (text: string): ModelSettings => {
    writeFileSync(join(folder, 'rangefinder.json'), text);
    return modelSettings(join(folder, 'net.onnx'));
  };
  const rest = '"problems": {"weakLayerDb": 7}';

  const strangers: readonly (readonly [text: string, at: string, says: RegExp])[] = [
    [
      '"calibraton": "0..3"',
      '"calibraton"',
      /no setting "calibraton"\. Did you mean "calibration"\?/,
    ],
    [
      '"colours": 3',
      '"colours"',
      /no setting "colours"\. There are \$schema, model, pairs, .*judge\./,
    ],
  ];
  for (const [text, at, says] of strangers) {
    it(`says that nothing is called as in ${text}, and obeys the rest`, () => {
      const whole = `{${rest},\n "data": "x", ${text}}`;
      const { faults, problems: found, data } = read(whole);
      assert.deepEqual([faults.length, found.weakLayerDb], [1, 7]);
      assert.match(faults[0]?.message ?? '', says);
      assert.deepEqual(
        [faults[0]?.line, faults[0]?.column],
        [2, whole.indexOf(at) - whole.indexOf('\n')],
      );
      assert.equal(data?.path, join(folder, 'x'));
    });
  }

  it('says so within "problems", too', () => {
    const { faults } = read('{"problems": {"weakLayerDB": 7}}');
    assert.match(
      faults[0]?.message ?? '',
      /"weakLayerDB" in "problems"\. Did you mean "weakLayerDb"\?/,
    );
  });

  it('knows the names of its schema', () => {
    const schema = JSON.parse(readFileSync('schemas/rangefinder.schema.json', 'utf8')) as {
      properties: Record<string, { properties?: object }>;
    };
    const { properties } = schema;
    const sorted = (names: readonly string[]): string[] => [...names].sort();
    assert.deepEqual(sorted(settingNames.top), sorted(['$schema', ...Object.keys(properties)]));
    const inner = Object.keys(properties['problems']?.properties ?? {});
    assert.deepEqual(sorted(settingNames.problems), sorted(inner));
  });
});
