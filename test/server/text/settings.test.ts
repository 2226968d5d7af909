import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import type { Diagnostic } from 'vscode-languageserver/node';
import { settingsRules, type SettingsRule } from '../../../server/settingsRules.ts';
import { connect, sharedEngine, type Client } from '../../kit/connect.ts';
import { EditorTexts, messageOf } from '../../kit/editorTexts.ts';
import { ModelFolder } from '../../kit/onnxFiles.ts';

describe('each fault of rangefinder.json', () => {
  const engine = sharedEngine();
  after(() => engine.dispose());
  const folder = new ModelFolder();
  let client: Client;
  let texts: EditorTexts;
  before(async () => {
    client = await connect(folder.at('storage'), engine.create);
    texts = new EditorTexts(client.connection);
  });
  after(async () => {
    await client.close();
    folder.remove();
  });
  let count = 0;
  /** Nothing lies beside any of the texts, and each is opened for the first time. */
  const open = async (text: string): Promise<{ path: string; found: Diagnostic[] }> => {
    const path = folder.at(`none${count++}`, 'rangefinder.json');
    return { path, found: await texts.open(path, text, 'json') };
  };
  const marked = (text: string, { range: { start, end } }: Diagnostic): string => {
    assert.equal(start.line, end.line, dirname(text));
    return text.split('\n')[start.line]?.slice(start.character, end.character) ?? '';
  };

  /** A value of each kind that is right nowhere. */
  const values = {
    string: '"zzzz"',
    number: '-7.5',
    boolean: 'true',
    null: 'null',
    array: '[null]',
    object: '{"zzzz": null}',
  } as const;

  /** The kinds of values that may not stand where a rule is. */
  function strangeKinds(rule: SettingsRule): (keyof typeof values)[] {
    const may = {
      string: rule.text !== undefined || rule.words !== undefined,
      number: rule.number !== undefined,
      boolean: rule.flag === true,
      null: false,
      array: rule.list !== undefined || rule.entries !== undefined,
      object: rule.object !== undefined,
    };
    return (Object.keys(values) as (keyof typeof values)[]).filter((kind) => !may[kind]);
  }

  /** Every place of the file, and the text of a file that has a value there alone. */
  function placesIn(
    rule: SettingsRule,
    at: string,
    textWith: (value: string) => string,
  ): { readonly at: string; readonly rule: SettingsRule; readonly textWith: typeof textWith }[] {
    const { members = {}, any } = rule.object ?? {};
    const all = Object.entries({ ...members, ...(any ? { anything: any } : {}) });
    return [
      { at, rule, textWith },
      ...all.flatMap(([name, inner]) =>
        placesIn(inner, `${at}/${name}`, (value) => textWith(`{"${name}": ${value}}`)),
      ),
      ...(rule.entries ? placesIn(rule.entries, `${at}/*`, (value) => textWith(`[${value}]`)) : []),
    ];
  }

  const places = placesIn(settingsRules, '', (value) => value);
  it('are looked for at every place', () => assert.ok(places.length >= 45, `${places.length}`));
  for (const { at, rule, textWith } of places) {
    it(`is told once where a value of a wrong kind stands: ${at || 'the file'}`, async () => {
      for (const kind of strangeKinds(rule)) {
        const text = textWith(values[kind]);
        const { found } = await open(text);
        assert.deepEqual(
          found.map((one) => [one.code, marked(text, one)]),
          [['wrong-type', values[kind]]],
          text,
        );
        assert.match(messageOf(found[0]), / is .+, not .+\.$/);
      }
    });
  }

  /** What is marked, with which code, in which words, and what stands there after the quick fix. */
  const cases: readonly (readonly [
    text: string,
    marks: string,
    code: string,
    says: RegExp,
    fixed?: string,
  ])[] = [
    ['{"model": ""}', '""', 'wrong-value', /"model" is "", not a path/],
    [
      '{"target": "tensor-int9"}',
      '"tensor-int9"',
      'wrong-value',
      /no target, .*Did you mean/,
      '"tensor-int8"',
    ],
    ['{"target": "zzzzzzzzzz"}', '"zzzzzzzzzz"', 'wrong-value', /There are default, npu-uint8/],
    ['{"pairs": ["conv1"]}', '"conv1"', 'wrong-value', /not a layer and a batch norm/],
    ['{"pairs": ["a:b:c"]}', '"a:b:c"', 'wrong-value', /not a layer and a batch norm/],
    ['{"pairs": [["a"]]}', '["a"]', 'wrong-value', /is \["a"\], not a layer/],
    ['{"pairs": "a:b"}', '"a:b"', 'wrong-type', /"pairs" is "a:b", not a list/, '["a:b"]'],
    ['{"sets": ["conv1"]}', '"conv1"', 'wrong-value', /at least two layers/],
    ['{"sets": [["a", 3]]}', '["a", 3]', 'wrong-value', /at least two layers/],
    ['{"data": ""}', '""', 'wrong-value', /not a path, or "synthetic:1"/],
    ['{"data": "synthetic:x"}', '"synthetic:x"', 'wrong-value', /not a path, or "synthetic:1"/],
    ['{"labels": ""}', '""', 'wrong-value', /not a path/],
    ['{"preprocess": {"size": 0}}', '0', 'wrong-value', /\[height, width\]/],
    ['{"preprocess": {"size": [224]}}', '[224]', 'wrong-value', /\[height, width\]/],
    ['{"preprocess": {"resize": "cropp"}}', '"cropp"', 'wrong-value', /way to resize/, '"crop"'],
    ['{"preprocess": {"shorterSide": 1.5}}', '1.5', 'wrong-value', /whole number from 1/],
    ['{"preprocess": {"shorterSide": 256}}', '256', 'wrong-value', /goes with "resize": "crop"/],
    ['{"preprocess": {"crop": {"fraction": 2}}}', '2', 'wrong-value', /share above 0/],
    ['{"preprocess": {"crop": {}}}', '{}', 'wrong-value', /"crop" .* not {"fraction"/],
    [
      '{"preprocess": {"crop": {"fractoin": 1}}}',
      '"fractoin"',
      'unknown-key',
      /in "crop" in "preprocess"\. Did you mean "fraction"/,
      '"fraction"',
    ],
    ['{"preprocess": {"filter": "bicubik"}}', '"bicubik"', 'wrong-value', /filter/, '"bicubic"'],
    ['{"preprocess": {"antialias": "true"}}', '"true"', 'wrong-type', /true or false/, 'true'],
    ['{"preprocess": {"fill": 256}}', '256', 'wrong-value', /pixel value from 0 to 255/],
    ['{"preprocess": {"colour": "RBG"}}', '"RBG"', 'wrong-value', /order of colours/, '"RGB"'],
    ['{"preprocess": {"layout": "NHCW"}}', '"NHCW"', 'wrong-value', /layout/, '"NCHW"'],
    ['{"preprocess": {"scale": []}}', '[]', 'wrong-value', /one a channel/],
    ['{"preprocess": {"mean": [1, 2]}}', '[1, 2]', 'wrong-value', /has 3 channels/],
    ['{"preprocess": {"std": 0}}', '0', 'wrong-value', /different from 0/],
    ['{"preprocess": {"type": "float31"}}', '"float31"', 'wrong-value', /type/, '"float32"'],
    ['{"dims": {"h": 0}}', '0', 'wrong-value', /"h" in "dims" is 0, not a size/],
    ['{"fields": {"image": ""}}', '""', 'wrong-value', /name of a feature/],
    ['{"fields": {"lable": "x"}}', '"lable"', 'unknown-key', /Did you mean "label"/, '"label"'],
    ['{"fields": {"inputs": {"a": ""}}}', '""', 'wrong-value', /"a" in "inputs" in "fields"/],
    ['{"raw": {"type": "unit8"}}', '"unit8"', 'wrong-value', /type of values/, '"uint8"'],
    ['{"raw": {"shape": [28, 0]}}', '0', 'wrong-value', /entry of "shape" in "raw" is 0/],
    [
      '{"problems": {"ignore": ["weaklayer"]}}',
      '"weaklayer"',
      'wrong-value',
      /no code of a problem\. Did you mean "weak-layer"/,
      '"weak-layer"',
    ],
    [
      '{"problems": {"ignore": "weak-layer"}}',
      '"weak-layer"',
      'wrong-type',
      /not a list of codes/,
      '["weak-layer"]',
    ],
    ['{"problems": {"weakLayerDb": "20"}}', '"20"', 'wrong-type', /0 to 100/, '20'],
    ['{"problems": {"weakLayerDb": -1}}', '-1', 'wrong-value', /0 to 100/],
    [
      '{"problems": {"weakLayerDB": 7}}',
      '"weakLayerDB"',
      'unknown-key',
      /Did you mean "weakLayerDb"/,
      '"weakLayerDb"',
    ],
    ['{"calibraton": "0..4"}', '"calibraton"', 'unknown-key', /calibration/, '"calibration"'],
    ['{"correction": "x"}', '"x"', 'wrong-value', /not a range such as "16\.\.32"/],
    ['{"judge": "16..8"}', '"16..8"', 'empty-range', /no sample in it/, '"8..16"'],
    ['{"judge": "4..4"}', '"4..4"', 'empty-range', /no sample in it/],
    [
      '{"calibration": "0..8", "judge": "6..16"}',
      '"6..16"',
      'overlap',
      /samples 6\.\.8 serve both "judge" and "calibration"/,
    ],
  ];
  for (const [text, marks, code, says, fixed] of cases) {
    it(`is told once, and mended where it is plain what was meant: ${text}`, async () => {
      const { path, found } = await open(text);
      assert.deepEqual(
        found.map((one) => [one.code, marked(text, one)]),
        [[code, marks]],
      );
      assert.match(messageOf(found[0]), says);
      const fixes = await texts.fixes(path, text, found[0]);
      const [fix] = fixes;
      if (fixed !== undefined) {
        assert.equal(fix?.text, text.replace(marks, fixed));
        assert.equal(fix.title, `${code === 'unknown-key' ? 'Rename to' : 'Write'} ${fixed}`);
        assert.deepEqual((await open(fix.text)).found, []);
      } else assert.equal(fix, undefined);
    });
  }

  it('is not told of files that are right', async () => {
    const right = [
      '{}',
      '{"$schema": "x", "target": "w4", "pairs": ["a:b", ["c", "d"]], "sets": ["a, b", ["c", "d"]]}',
      '{"data": "synthetic:bn:3", "calibration": "0..4", "correction": "2..4", "judge": "4..8"}',
      '{"preprocess": {"size": 8, "resize": "crop", "shorterSide": 9, "mean": [1, 2, 3], "std": 2}}',
      '{"preprocess": {"crop": {"left": 0, "top": 0, "width": 4, "height": 4}, "antialias": false}}',
      '{"dims": {"h": 3}, "fields": {"inputs": {"a": "b"}}, "raw": {"type": "int8", "shape": [2]}}',
      '{"problems": {"ignore": ["weak-layer"], "weakLayerDb": 0}}',
    ];
    for (const text of right) assert.deepEqual((await open(text)).found, [], text);
  });

  it('can be taken out where a name means nothing', async () => {
    const text = '{"problems": {"zzzzzz": 1, "weakLayerDb": 3}}';
    const { path, found } = await open(text);
    const [removed] = await texts.fixes(path, text, found[0]);
    assert.equal(removed?.title, 'Remove "zzzzzz"');
    assert.equal(removed.text, '{"problems": {"weakLayerDb": 3}}');
  });

  it('is left to the editor where it is the syntax of JSON', async () => {
    assert.deepEqual((await open('{"problems": {"weakLayerDb": NaN}}')).found, []);
    assert.deepEqual((await open('{"problems": {"weakLayerDb": "20"},}')).found, []);
  });
});
