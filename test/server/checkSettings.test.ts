import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSettings } from '../../server/checkSettings.ts';
import { parseJsonTree } from '../../server/core/json/jsonTree.ts';
import { modelSettings } from '../../server/modelSettings.ts';
import type { ModelSettings } from '../../server/protocol/modelSettings.ts';
import { settingsRules, type SettingsRule } from '../../server/settingsRules.ts';

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
      /no setting "colours"\. There are \$schema, model, target, .*judge\./,
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
      [['"weak-layr" is no code of a problem. Did you mean "weak-layer"?', 2, 2]],
    );
    const [far] = read('{"problems": {"ignore": ["x"]}}').faults;
    assert.match(
      far?.message ?? '',
      /"x" is no code of a problem\. There are absurd-scale, .*wide-range\.$/,
    );
  });
});

/** A schema, as far as it completes and explains. */
interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly examples?: readonly unknown[];
}

describe('the JSON Schema of rangefinder.json', () => {
  const schema = JSON.parse(readFileSync('schemas/rangefinder.schema.json', 'utf8')) as Schema;

  it('has the names of the rules, and their words', () => {
    const compare = (one: Schema | undefined, rule: SettingsRule, at: string): void => {
      const names = Object.keys(rule.object?.members ?? {}).filter((name) => name !== '$schema');
      assert.deepEqual(Object.keys(one?.properties ?? {}).sort(), names.sort(), at);
      if (rule.words) assert.deepEqual(one?.examples, rule.words.all, at);
      if (rule.flag) assert.deepEqual(one?.examples, [true, false], at);
      for (const name of names) {
        const inner = rule.object?.members[name];
        if (inner) compare(one?.properties?.[name], inner, `${at}/${name}`);
        assert.ok(one?.properties?.[name]?.description, `${at}/${name} is explained`);
      }
      if (rule.entries) compare(one?.items, rule.entries, `${at}/*`);
    };
    compare(schema, settingsRules, '');
  });

  it('has examples that are right', () => {
    const { properties = {} } = schema;
    const examples = Object.entries(properties).flatMap(([name, { examples: all = [] }]) =>
      all.map((value) => JSON.stringify({ [name]: value })),
    );
    assert.ok(examples.length > 10);
    for (const text of examples) assert.deepEqual(issuesIn(text), [], text);
  });

  it('finds nothing wrong, so that no fault is told twice', () => {
    const harmless = new Set(
      '$schema $comment title description properties items examples'.split(' '),
    );
    const look = (one: Schema): void => {
      for (const [key, value] of Object.entries(one)) {
        assert.ok(harmless.has(key), `"${key}" validates`);
        if (key === 'items') look(value as Schema);
        if (key === 'properties') Object.values(value as Record<string, Schema>).forEach(look);
      }
    };
    look(schema);
  });
});

function issuesIn(text: string): unknown[] {
  const parsed = parseJsonTree(text);
  assert.ok(!parsed.fault);
  return checkSettings(parsed.root);
}
