import assert from 'node:assert/strict';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { URI } from 'vscode-uri';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import { defaultTarget } from '../../../server/core/quant/targets.ts';
import { closeModel, openModel, setTarget } from '../../../server/protocol/requests.ts';
import { connect, sharedEngine, type Client } from '../../kit/connect.ts';
import { EditorTexts, messageOf, placesOf, wordsOf } from '../../kit/editorTexts.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { ModelFolder } from '../../kit/onnxFiles.ts';

const net = (values = [1, -2, 0.5, 0.25]) =>
  graphOf({
    inputs: { x: [1, 2, 2, 2] },
    outputs: ['y'],
    nodes: [node('Conv', ['x', 'w'], ['c'], {}, 'first'), node('Relu', ['c'], ['y'])],
    tensors: [tensor('w', [2, 2, 1, 1], values)],
  });

const whole = `{"version": "2.0.0", "encodings": [
  {"name": "x", "output_dtype": "uint8", "y_scale": 0.5, "y_zero_point": 128},
  {"name": "w", "output_dtype": "int8", "y_scale": [0.0157480315, 0.004], "axis": 0},
  {"name": "y", "output_dtype": "uint8", "y_scale": 0.25}
]}
`;

describe('encodings in an editor', () => {
  const engine = sharedEngine();
  after(() => engine.dispose());
  let folder: ModelFolder;
  let client: Client;
  let texts: EditorTexts;
  let path = '';
  beforeEach(async () => {
    folder = new ModelFolder();
    client = await connect(folder.at('storage'), engine.create);
    texts = new EditorTexts(client.connection);
    folder.file(encodeGraph(net(), []), 'net.onnx');
    path = folder.at('net.encodings');
  });
  afterEach(async () => {
    await client.close();
    folder.remove();
  });

  it('says nothing of a file that fits the model beside it', async () => {
    assert.deepEqual(await texts.open(path, whole), []);
  });

  it('underlines what is wrong, while it is typed, and nothing when it is closed', async () => {
    const wrong = whole.replace('"name": "w"', '"name": "ww"').replace('0.25', '-1');
    const found = await texts.open(path, wrong);
    assert.deepEqual(placesOf(found), [
      ['bad-scale', 4, 53],
      ['unknown-tensor', 3, 12],
      ['missing', 1, 35],
    ]);
    assert.ok(found.every(({ source }) => source === 'Rangefinder'));
    assert.match(found[1]?.codeDescription?.href ?? '', /docs\/unknown-tensor\.md$/);
    const after = await texts.replace(path, wrong, '"ww"', '"w"');
    assert.deepEqual(placesOf(after), [['bad-scale', 4, 53]]);
    assert.deepEqual(await texts.close(path), []);
  });

  it('tells of a section that is misspelt, with entries or without any that is read, and mends it', async () => {
    const alone = whole.replace('"encodings"', '"encodngs"');
    const found = await texts.open(path, alone);
    assert.deepEqual(placesOf(found), [
      ['no-encodings', 1, 1],
      ['unknown-key', 1, 22],
    ]);
    assert.match(messageOf(found[1]), /"encodngs".*ignored.*Did you mean "encodings"\?/);
    assert.deepEqual(
      (await texts.fixes(path, alone, found[1])).map(({ text }) => text),
      [whole],
    );
    const both = `{"version": "1.0.0", "activation_encodings": [], "parm_encodings": [], "producer": "us"}\n`;
    const other = await texts.replace(path, alone, alone, both);
    assert.deepEqual(placesOf(other.filter(({ code }) => code === 'unknown-key')), [
      ['unknown-key', 1, 50],
    ]);
  });

  it('of a text that is no JSON says where', async () => {
    assert.deepEqual(placesOf(await texts.open(path, '{"encodings": [}')), [['not-json', 1, 16]]);
    assert.equal(await texts.hover(path, '{"encodings": [}', '"enc'), null);
    assert.deepEqual(await texts.symbols(path), []);
  });

  it('tells which model it looked for where it finds none, and how to name one', async () => {
    rmSync(folder.at('net.onnx'));
    const found = await texts.open(path, whole);
    assert.deepEqual(placesOf(found), [['no-model', 1, 1]]);
    assert.match(messageOf(found[0]), /net\.onnx.*"model" in rangefinder\.json/);
    folder.file(encodeGraph(net(), []), 'other.onnx');
    folder.file(encodeGraph(net(), []), 'third.onnx');
    const uri = URI.file(path).toString();
    let before = texts.countOf(uri);
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [] });
    assert.match(messageOf((await texts.next(path, before))[0]), /2 models lie beside it/);
    writeFileSync(folder.at('rangefinder.json'), '{"model": "third.onnx"}');
    before = texts.countOf(uri);
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [] });
    assert.deepEqual(await texts.next(path, before), []);
  });

  it('reads the model again when its file is another one', async () => {
    await texts.open(path, whole);
    const other = graphOf({
      inputs: { z: [1, 2] },
      outputs: ['y'],
      nodes: [node('Relu', ['z'], ['y'])],
    });
    folder.file(encodeGraph(other, []), 'net.onnx');
    utimesSync(folder.at('net.onnx'), 1, 1);
    const before = texts.countOf(URI.file(path).toString());
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [] });
    assert.ok(placesOf(await texts.next(path, before)).length >= 2);
  });

  it('goes by the target that was chosen for the open model', async () => {
    const uri = URI.file(folder.at('net.onnx')).toString();
    const target = { ...defaultTarget, weightBits: 4 };
    await texts.open(path, whole);
    let before = texts.countOf(URI.file(path).toString());
    const state = await client.ask(openModel, { uri, target });
    assert.deepEqual(placesOf(await texts.next(path, before)), [['wrong-bits', 3, 33]]);
    before = texts.countOf(URI.file(path).toString());
    await client.ask(setTarget, { uri, revision: state.revision, target: defaultTarget });
    assert.deepEqual(await texts.next(path, before), []);
    await client.ask(closeModel, { uri });
  });

  it('tells the tensor in words: range, weight, and what rounding leaves', async () => {
    await texts.open(path, whole);
    const weight = wordsOf(await texts.hover(path, whole, '"w"'));
    assert.match(weight, /`w`\*\*: a constant, 2 × 2 × 1 × 1; int8, symmetric/);
    assert.match(weight, /2 scales, one for each channel on axis 0/);
    assert.match(weight, /Its values are −2\.00 to 1\.00\./);
    assert.match(weight, /SQNR with this grid: \d+\.\d dB/);
    assert.match(
      weight,
      /\*\*first\*\*: Conv 1×1.*with one scale, .*with one for each of 2 channels/s,
    );
    const channel = wordsOf(await texts.hover(path, whole, '0.004'));
    // 0.004 * -128 and 0.004 * 127
    assert.match(channel, /Channel 1: −0\.512 to 0\.508 in steps of 0\.00400/);
    const value = wordsOf(await texts.hover(path, whole, '"y"'));
    // 0.25 * 255
    assert.match(value, /Range 0 to 63\.8 in steps of 0\.250/);
    assert.match(value, /`y`\*\*: a value that flows, 1 × 2 × 2 × 2; uint8/);
    assert.match(value, /Made by Relu/);
    assert.match(wordsOf(await texts.hover(path, whole, '"x"')), /An input of the network/);
    assert.equal(await texts.hover(path, whole, '"version"'), null);
  });

  it('lists tensors with type and range', async () => {
    await texts.open(path, whole);
    const [list] = await texts.symbols(path);
    assert.deepEqual(
      list?.children?.map(({ name, detail, selectionRange: { start } }) => [
        name,
        detail,
        start.line,
      ]),
      [
        ['x', 'uint8, −64.0 to 63.5', 1],
        ['w', 'int8 × 2, −2.02 to 2.00', 2],
        ['y', 'uint8, 0 to 63.8', 3],
      ],
    );
  });

  it('completes names that have no entry', async () => {
    const text = whole.replace('"name": "w"', '"name": "?"');
    await texts.open(path, text);
    const items = await texts.complete(path, text, '"?"');
    assert.deepEqual(
      items.map(({ label, detail }) => [label, detail]),
      [['w', 'weight of first']],
    );
    assert.deepEqual(await texts.complete(path, text, '"int8"'), []);
  });

  it('renames a misspelt tensor, and removes an entry', async () => {
    const long = whole.replace('"name": "x"', '"name": "xx"');
    const [first] = await texts.open(path, long);
    const fixed = await texts.fixes(path, long, first);
    assert.deepEqual(
      fixed.map(({ title }) => title),
      ['Rename to "x"', 'Remove the entry "xx"'],
    );
    assert.equal(fixed[0]?.text, whole);
    const left = JSON.parse(fixed[1]?.text ?? '') as { encodings: { name: string }[] };
    assert.deepEqual(
      left.encodings.map(({ name }) => name),
      ['w', 'y'],
    );
  });

  it('adds the entries of weights that are missing', async () => {
    const short = whole.replace(/ {2}\{"name": "w".*\n/, '');
    const [missing] = await texts.open(path, short);
    assert.equal(missing?.code, 'missing');
    const [added] = await texts.fixes(path, short, missing);
    assert.equal(added?.title, 'Add the missing entry of weights');
    assert.deepEqual(await texts.replace(path, short, short, added.text), []);
    const { encodings } = JSON.parse(added.text) as { encodings: { y_scale: number[] }[] };
    // symmetric: absmax / 128 below zero, / 127 above; rows [1, -2] and [0.5, 0.25]
    const single = (value: number): number => Number(value.toPrecision(6));
    assert.deepEqual(encodings.at(-1)?.y_scale.map(single), [2 / 128, 0.5 / 127].map(single));
  });

  it('sets a wrong axis right', async () => {
    const wrong = whole.replace('"axis": 0', '"axis": 1');
    const [axis] = await texts.open(path, wrong);
    assert.equal(axis?.code, 'wrong-axis');
    assert.equal((await texts.fixes(path, wrong, axis))[0]?.text, whole);
  });

  it('rounds offsets, and says what scale and offset make', async () => {
    const old = `{"version": "0.6.1",
 "activation_encodings": {"x": [{"bitwidth": 8, "scale": 0.5, "offset": -128.4, "is_symmetric": "False"}],
  "y": [{"bitwidth": 8, "scale": 0.25, "offset": 0, "min": 0, "max": 7, "is_symmetric": "False"}]},
 "param_encodings": {"w": [{"bitwidth": 8, "scale": 0.1, "offset": -128, "is_symmetric": "True"},
  {"bitwidth": 8, "scale": 0.1, "offset": -128, "is_symmetric": "True"}]}}`;
    const found = await texts.open(path, old);
    assert.deepEqual(placesOf(found), [
      ['not-whole', 2, 73],
      ['range-disagrees', 3, 70],
    ]);
    const [rounded] = await texts.fixes(path, old, found[0]);
    assert.equal(rounded?.text, old.replace('-128.4', '-128'));
    const [ranged] = await texts.fixes(path, old, found[1]);
    assert.equal(ranged?.text, old.replace('"max": 7', '"max": 63.75'));
  });

  it('says the version of a file without one', async () => {
    const bare = whole.replace('"version": "2.0.0", ', '');
    const [version] = await texts.open(path, bare);
    assert.equal(version?.code, 'no-version');
    const [fixed] = await texts.fixes(path, bare, version);
    assert.deepEqual(JSON.parse(fixed?.text ?? ''), JSON.parse(whole));
  });
});
