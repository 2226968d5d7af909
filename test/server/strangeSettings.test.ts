import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findingCodes } from '../../server/core/diagnose/findingCodes.ts';
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

  it('says which codes to ignore no problem has, and ignores the others', () => {
    const text = '{"problems": {"ignore": ["weak-layer",\n "weak-layr"]}}';
    const { faults, problems } = read(text);
    assert.deepEqual(problems.ignore, ['weak-layer', 'weak-layr']);
    assert.deepEqual(
      faults.map(({ message, line, column }) => [message, line, column]),
      [['No problem has the code "weak-layr". Did you mean "weak-layer"?', 2, 2]],
    );
    const [far] = read('{"problems": {"ignore": ["x"]}}').faults;
    assert.match(far?.message ?? '', /the code "x"\. There are absurd-scale, .*wide-range\.$/);
  });

  it('knows the names of its schema', () => {
    const schema = JSON.parse(readFileSync('schemas/rangefinder.schema.json', 'utf8')) as {
      properties: Record<
        string,
        { properties?: { readonly ignore?: { readonly items: { readonly enum: string[] } } } }
      >;
    };
    const { properties } = schema;
    const sorted = (names: readonly string[]): string[] => [...names].sort();
    assert.deepEqual(sorted(settingNames.top), sorted(['$schema', ...Object.keys(properties)]));
    const inner = Object.keys(properties['problems']?.properties ?? {});
    assert.deepEqual(sorted(settingNames.problems), sorted(inner));
    assert.deepEqual(properties['problems']?.properties?.ignore?.items.enum, [...findingCodes]);
  });
});
