import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelSettings } from '../../server/modelSettings.ts';
import type { ModelSettings } from '../../server/protocol/modelSettings.ts';

describe('the settings of a model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
  const path = join(folder, 'rangefinder.json');
  after(() => rmSync(folder, { recursive: true, force: true }));
  const read = (text: string): ModelSettings => {
    writeFileSync(path, text);
    return modelSettings(join(folder, 'net.onnx'));
  };

  const problems: readonly (readonly [text: string, settings: object])[] = [
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
  for (const [text, settings] of problems) {
    it(`reads ${text}`, () => {
      const found = read(text);
      assert.deepEqual(found.problems, settings);
      assert.deepEqual(found.faults, []);
    });
  }

  it('names the samples, with paths from the file on, and leaves what is made of them', () => {
    const { data } = read(
      '{"data": "../pictures", "labels": "y.csv", "judge": "0..4", "preprocess": {"size": 8}}',
    );
    assert.deepEqual(data, {
      path: join(folder, '../pictures'),
      labels: join(folder, 'y.csv'),
      judge: '0..4',
    });
    assert.deepEqual(read('{"data": "synthetic:3"}').data, { path: 'synthetic:3' });
    assert.equal(read('{"judge": "0..4"}').data, undefined);
  });

  it('keeps samples, pairs and sets for the model that it names, and for what was made of it', () => {
    const rest = '"data": "x.npz", "pairs": ["a:b"], "sets": [["a", "b"]]';
    const named = (name: string) => read(`{"model": "${name}", ${rest}}`);
    for (const name of ['net.onnx', 'other.onnx', 'net-else.onnx', 'made.onnx'])
      writeFileSync(join(folder, name), '');
    assert.ok(named('net.onnx').data);
    for (const name of ['other.onnx', 'net-else.onnx']) {
      const { data, chosen, faults } = named(name);
      assert.equal(data, undefined, name);
      assert.deepEqual(chosen, { pairs: [], sets: [] });
      assert.deepEqual(faults, []);
    }
    assert.ok(named('not-there.onnx').data, 'a name of nothing binds nothing');
    assert.equal(named('made.onnx').data, undefined);
    assert.ok(modelSettings(join(folder, 'made.w8a8-tensor.onnx')).data);
  });

  it('tells whether anything that concerns samples is another', () => {
    const first = read('{"data": "x", "dims": {"h": 8}}').dataText;
    assert.equal(read('{"dims": {"h": 8}, "data": "x", "problems": {}}').dataText, first);
    assert.notEqual(read('{"data": "x", "dims": {"h": 9}}').dataText, first);
  });

  it('names the target: a built-in one, or a quantsim configuration from the file on', () => {
    assert.equal(read('{}').target, undefined);
    const { target, faults } = read('{"target": "tensor-int8"}');
    assert.deepEqual(faults, []);
    assert.equal(target?.name, 'tensor-int8');
    assert.deepEqual(
      [target.settings.profile, target.settings.granularity],
      ['tensor-int8', 'tensor'],
    );
    mkdirSync(join(folder, 'grids'), { recursive: true });
    writeFileSync(
      join(folder, 'grids/own.json'),
      JSON.stringify({
        defaults: { ops: { is_output_quantized: 'True' }, params: { is_quantized: 'True' } },
        params: {},
        op_type: {},
        supergroups: [],
        model_input: {},
        model_output: {},
      }),
    );
    const own = read('{"target": "grids/own.json"}');
    assert.deepEqual(own.faults, []);
    assert.equal(own.target?.settings.placement, join(folder, 'grids/own.json'));
  });

  const badTargets: readonly (readonly [
    text: string,
    at: readonly number[],
    says: RegExp,
    commandSays?: RegExp,
  ])[] = [
    [
      '{\n "target": "tensor-int9"}',
      [2, 12],
      /"tensor-int9" is no target, .* Did you mean "tensor-int8"\?$/,
      /"tensor-int9", not one of default, .*tensor-int8/,
    ],
    ['{"target": 8}', [1, 12], /"target" is 8, not the name of a target/, /is 8, not one of/],
    ['{"target": "grids/none.json"}', [1, 12], /none\.json does not exist/],
    ['{"target": "tensor-int8",}', [1, 26], /no comma may stand before/],
  ];
  for (const [text, at, says, commandSays = says] of badTargets) {
    it(`takes no other target for ${text.replace('\n', '')}`, () => {
      const { target, targetFault, faults } = read(text);
      assert.equal(faults.length, 1);
      assert.match(faults[0]?.message ?? '', says);
      assert.deepEqual([faults[0]?.line, faults[0]?.column], at);
      // The text is wrong behind a target that is whole: that is obeyed.
      if (text.includes(',}')) assert.equal(target?.name, 'tensor-int8');
      else assert.match(targetFault ?? '', commandSays);
    });
  }

  it('is that of the nearest folder above, or none', () => {
    writeFileSync(path, '{"problems": {"weakLayerDb": 7}}');
    const below = join(folder, 'a/b');
    mkdirSync(below, { recursive: true });
    assert.equal(modelSettings(join(below, 'net.onnx')).problems.weakLayerDb, 7);
    writeFileSync(join(below, 'rangefinder.json'), '{}');
    assert.deepEqual(modelSettings(join(below, 'net.onnx')).problems, {});
  });

  it('says that a folder of that name is no file, and obeys nothing', () => {
    const odd = join(folder, 'odd');
    mkdirSync(join(odd, 'rangefinder.json'), { recursive: true });
    const { path: told, faults, dataText, ...rest } = modelSettings(join(odd, 'net.onnx'));
    assert.equal(told, join(odd, 'rangefinder.json'));
    assert.deepEqual(rest, { problems: {}, chosen: { pairs: [], sets: [] } });
    assert.equal(dataText, undefined);
    assert.equal(faults.length, 1);
    assert.match(faults[0]?.message ?? '', /odd.rangefinder\.json is not a file\. .*another name/);
  });

  const rest = '"problems": {"weakLayerDb": 7}';
  /** Each has the fault at the place of the marked text, and obeys `rest` where it is whole. */
  const bad: readonly (readonly [text: string, at: string, says: RegExp])[] = [
    [`{${rest}, "data": 3}`, '3}', /"data" is 3, not a path/],
    [`{${rest}, "dims": {"h": -1}}`, '-1', /"h" in "dims" is -1, not a size/],
    [`{${rest}, "preprocess": {"size": 0}}`, '0}', /"size" in "preprocess" is 0, not/],
    [`{${rest}, "judge": "1-3"}`, '"1-3"', /"judge" is "1-3", not a range/],
    [`{${rest}, "pairs": ["a"]}`, '"a"', /entry of "pairs" is "a", not a layer and a batch/],
    [`{${rest}, "sets": 4}`, '4}', /"sets" is 4, not a list/],
    [
      '{"problems": {"weakLayerDb": 7, "ignore": "x"}}',
      '"x"',
      /"ignore" in "problems" is "x", not a list/,
    ],
    [`{${rest},\n "data": oops}`, 'oops', /no JSON: no JSON value stands here/],
    [`{${rest},\n}`, '}', /no comma may stand before/],
    [`{${rest},\n "data": "a{,\\"b" "judge"}`, '"judge"', /a comma or }/],
  ];
  for (const [text, at, says] of bad) {
    it(`says where ${text.replace('\n', '')} is wrong, and obeys the rest`, () => {
      const { faults, problems: found, data, dataText } = read(text);
      assert.equal(faults.length, 1, JSON.stringify(faults));
      const [fault] = faults;
      assert.match(fault?.message ?? '', says);
      const before = text.slice(0, at === '}' ? text.lastIndexOf(at) : text.indexOf(at));
      const line = before.split('\n').length;
      const column = before.length - before.lastIndexOf('\n');
      assert.deepEqual([fault?.line, fault?.column], [line, column]);
      assert.equal(found.weakLayerDb, 7);
      assert.equal(data, undefined);
      const isOfSamples = /"(data|dims|preprocess|judge)"/.test(text);
      assert.equal(dataText === undefined, isOfSamples);
    });
  }

  const partly: readonly (readonly [text: string, settings: object, isChosen: boolean])[] = [
    ['{"problems": {"weakLayerDb": 3, "ignore": [weak-layer]}}', { weakLayerDb: 3 }, false],
    [
      '{"sets": [["a", "b"]],\n "data": oops, "problems": {"weakLayerDb": 3}}',
      { weakLayerDb: 3 },
      true,
    ],
    ['{"data": "x" oops,\n "sets": [["a", "b"]]}', {}, true],
    [
      '{"problems": {"weakLayerDb": 3},\n "sets": [["a", "b"]], "data": "x',
      { weakLayerDb: 3 },
      true,
    ],
    ['{"problems": {"weakLayerDb": 3, "sets": [["a", "b"]]', { weakLayerDb: 3 }, false],
  ];
  for (const [text, settings, isChosen] of partly) {
    it(`obeys what is whole in ${text.replace('\n', '')}`, () => {
      const { problems: found, chosen, data, faults } = read(text);
      assert.deepEqual(found, settings);
      assert.equal(data, undefined);
      assert.match(faults[0]?.message ?? '', /no JSON/);
      assert.deepEqual(chosen.sets, isChosen ? [['a', 'b']] : []);
      // Sets that are not whole are not replaced by everything that could be one.
      assert.equal(chosen.fault !== undefined, !isChosen && text.includes('sets'));
    });
  }

  it('obeys samples where something else is no JSON', () => {
    const { data, dataText } = read(
      '{"data": "x", "judge": "0..4", "problems": {"weakLayerDb": 3,}}',
    );
    assert.deepEqual(data, { path: join(folder, 'x'), judge: '0..4' });
    assert.notEqual(dataText, undefined);
    assert.equal(read('{"data": "x", "preprocess": {"size": oops}}').data, undefined);
  });

  const nothing: readonly (readonly [text: string, says: RegExp, at?: readonly number[]])[] = [
    ['[]', /is not an object/],
    ['', /the text ends too early/],
    ['{"problems": 3}', /"problems" is 3, not an object/],
    ['{"problems": {"weakLayerDb": -1}}', /"weakLayerDb" in "problems" is .*, not a number of dB/],
    ...['null', '[]', '""', 'true', '"20"', '[20]', '{}', 'NaN', '101'].map(
      (value) =>
        [
          `{"problems":\n {"weakLayerDb": ${value}}}`,
          /"weakLayerDb" in "problems" is .*, not a number of dB/,
          [2, 18],
        ] as const,
    ),
    ['{"problems": {"ignore": [3]}}', /An entry of "ignore" in "problems" is 3, not a code/],
  ];
  for (const [text, says, at] of nothing) {
    it(`says once what is wrong with ${text.replace('\n', '') || 'an empty file'}`, () => {
      const { faults, problems: found } = read(text);
      assert.deepEqual(found, {});
      assert.equal(faults.length, 1);
      assert.match(faults[0]?.message ?? '', says);
      if (at) assert.deepEqual([faults[0]?.line, faults[0]?.column], at);
    });
  }
});
