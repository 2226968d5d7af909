import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { messageOf, placesOf, wordsOf } from '../../kit/editorTexts.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { perTensor } from '../../kit/target.ts';
import { textsBeside, twoLayers } from '../../kit/textsBeside.ts';

describe('other texts in an editor', () => {
  const beside = textsBeside(twoLayers);

  describe('a quantsim configuration', () => {
    const text = `{
  "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
  "params": {"bias": {"is_quantised": "False"}},
  "op_type": {"Conv": {"per_channel_quantization": true}},
  "supergroups": [{"op_list": ["Conv", "Relu"]}],
  "supergroup_pass_list": ["MatmulAdd", "Unheard"],
  "model_input": {"is_input_quantized": "True"},
  "model_output": {}
}`;
    const pathOf = () => beside.folder.at('target.json');

    it('is recognised by what is in it, and checked at its places', async () => {
      const found = await beside.texts.open(pathOf(), text, 'json');
      assert.deepEqual(placesOf(found), [
        ['unknown-key', 3, 23],
        ['wrong-value', 4, 52],
        ['unknown-pass', 6, 41],
      ]);
      const fixes = await Promise.all(found.map((one) => beside.texts.fixes(pathOf(), text, one)));
      assert.deepEqual(
        fixes.map((some) => some.map(({ title }) => title)),
        [
          ['Rename to "is_quantized"', 'Remove "is_quantised"'],
          ['Write "True"'],
          ['Remove the entry'],
        ],
      );
      assert.equal(fixes[0]?.[0]?.text, text.replace('is_quantised', 'is_quantized'));
      assert.equal(fixes[1]?.[0]?.text, text.replace('true', '"True"'));
      assert.equal(fixes[2]?.[0]?.text, text.replace(', "Unheard"', ''));
    });

    it('explains its names, and counts operators of the model', async () => {
      await beside.texts.open(pathOf(), text, 'json');
      const at = (what: string) => beside.texts.hover(pathOf(), text, what).then(wordsOf);
      assert.match(await at('"supergroups"'), /nothing is rounded between/);
      assert.match(await at('"Conv":'), /2 nodes `Conv`/);
      assert.match(await at('"Relu"'), /1 node `Relu`/);
      const names = (await beside.texts.symbols(pathOf())).map(({ name }) => name);
      assert.deepEqual(names.slice(0, 3), ['defaults', 'params', 'op_type']);
    });

    it('completes flags and operators', async () => {
      await beside.texts.open(pathOf(), text, 'json');
      const labels = async (what: string) =>
        (await beside.texts.complete(pathOf(), text, what)).map(({ label }) => label);
      assert.deepEqual(await labels('"False"'), ['True', 'False']);
      assert.deepEqual((await labels('"Relu"')).slice(0, 2), ['Conv', 'Relu']);
    });

    it('is told of operators that nobody knows, and mended', async () => {
      const odd = text
        .replace('{"Conv":', '{"Convv":')
        .replace('["Conv", "Relu"]', '["Conv", "Reluu"]');
      const found = (await beside.texts.open(pathOf(), odd, 'json')).filter(
        ({ code }) => code === 'unknown-operator',
      );
      assert.deepEqual(placesOf(found), [
        ['unknown-operator', 4, 15],
        ['unknown-operator', 5, 40],
      ]);
      assert.deepEqual(
        found.map(({ severity }) => severity),
        [2, 2],
      );
      const [types, groups] = [
        await beside.texts.fixes(pathOf(), odd, found[0]),
        await beside.texts.fixes(pathOf(), odd, found[1]),
      ];
      assert.deepEqual(
        [types, groups].map((fixes) => fixes.map(({ title }) => title)),
        [['Rename to "Conv"', 'Remove "Convv"'], ['Rename to "Relu"']],
      );
      assert.equal(types[0]?.text, odd.replace('Convv', 'Conv'));
      assert.equal(groups[0]?.text, odd.replace('Reluu', 'Relu'));
    });

    it('leaves other JSON, and the syntax of JSON, to the editor', async () => {
      await beside.client.connection.sendNotification('textDocument/didOpen', {
        textDocument: {
          uri: `file://${beside.folder.at('other.json')}`,
          languageId: 'json',
          version: 1,
          text: '{"a": 1}',
        },
      });
      assert.equal(
        await beside.texts.hover(beside.folder.at('other.json'), '{"a": 1}', '"a"'),
        null,
      );
      assert.deepEqual(await beside.texts.open(pathOf(), text.replace('[{', '[}'), 'json'), []);
      assert.equal(beside.texts.countOf(`file://${beside.folder.at('other.json')}`), 0);
    });
  });

  it('are told of comments where the editor takes them for JSON with comments, and of nothing twice', async () => {
    const path = beside.folder.at('commented', 'rangefinder.json');
    const text = '{\n  // the usual\n  "judge": "3..1", /* not all */\n  "seed": oops\n}';
    const found = await beside.texts.open(path, text, 'jsonc');
    assert.deepEqual(placesOf(found), [
      ['not-json', 2, 3],
      ['not-json', 3, 20],
    ]);
    assert.match(messageOf(found[0]), /^This is no JSON: JSON has no comments: take it out\.$/);
    const after = await beside.texts.replace(path, text, text, '{ "judge": "3..1" }');
    assert.deepEqual(placesOf(after), [['empty-range', 1, 12]]);
    assert.deepEqual(
      await beside.texts.open(beside.folder.at('plain', 'rangefinder.json'), text, 'json'),
      [],
    );
  });

  describe('rangefinder.json', () => {
    const text = `{
  "pairs": ["first:bn"],
  "sets": [["first", "secnd"], "second, frist"],
  "data": "samples",
  "judge": "16..8"
}`;
    const pathOf = () => beside.folder.at('rangefinder.json');

    it('names layers that are not there, files that are not, and empty ranges', async () => {
      const found = await beside.texts.open(pathOf(), text, 'json');
      assert.deepEqual(placesOf(found), [
        ['unknown-layer', 2, 20],
        ['unknown-layer', 3, 23],
        ['unknown-layer', 3, 41],
        ['no-file', 4, 11],
        ['empty-range', 5, 12],
      ]);
      assert.match(messageOf(found[1]), /Did you mean "second"\?/);
      const [renamed] = await beside.texts.fixes(pathOf(), text, found[2]);
      assert.equal(renamed?.title, 'Rename to "first"');
      assert.equal(renamed.text, text.replace('frist', 'first'));
      mkdirSync(beside.folder.at('samples'));
      const after = await beside.texts.replace(pathOf(), text, '16..8', '8..16');
      assert.deepEqual(placesOf(after).slice(3), []);
    });

    it('names sizes of dimensions that no input leaves open', async () => {
      const dims = '{\n  "model": "net.onnx",\n  "dims": { "M": 3 }\n}';
      const found = await beside.texts.open(pathOf(), dims, 'json');
      assert.deepEqual(placesOf(found), [['unknown-key', 3, 13]]);
      assert.match(messageOf(found[0]), /"M"\. All sizes are fixed\.$/);
    });

    it('names settings that mean nothing, which its JSON Schema leaves be', async () => {
      const odd = '{\n  "calibraton": "0..3"\n}';
      const [found] = await beside.texts.open(pathOf(), odd, 'json');
      assert.deepEqual([found?.code, found?.range.start.line], ['unknown-key', 1]);
      assert.match(messageOf(found), /Did you mean "calibration"\?/);
    });

    it('shows layers in words, and completes their names one by one', async () => {
      await beside.texts.open(pathOf(), text, 'json');
      const words = wordsOf(await beside.texts.hover(pathOf(), text, 'second, '));
      assert.match(words, /\*\*second\*\*: Conv 1×1, weight 2 × 2 × 1 × 1/);
      const items = await beside.texts.complete(pathOf(), text, 'frist');
      assert.deepEqual(
        items.map(({ label, textEdit }) => [
          label,
          textEdit && 'range' in textEdit && textEdit.range,
        ]),
        ['first', 'second'].map((label) => [
          label,
          { start: { line: 2, character: 39 }, end: { line: 2, character: 45 } },
        ]),
      );
    });
  });

  describe('pairs and sets of rangefinder.json', () => {
    /** conv1, bn1, ReLU, dw, bn2, ReLU, pw, bn3, ReLU, pool, fc. */
    beforeEach(() => void beside.folder.file(encodeGraph(smallMobileNet(), []), 'net.onnx'));
    const text = `{
  "pairs": ["conv1:bn1", ["dw", "bn2"], "pw:bn1"],
  "sets": [["conv1", "dw", "pw"], "pw, fc", ["conv1", "fc"], "fc, pw"]
}`;
    const pathOf = () => beside.folder.at('rangefinder.json');

    it('are checked against the model as it would be folded, and can be replaced', async () => {
      const found = await beside.texts.open(pathOf(), text, 'json');
      assert.deepEqual(placesOf(found), [
        ['not-a-pair', 2, 41],
        ['not-a-set', 3, 45],
        ['not-a-set', 3, 62],
      ]);
      assert.match(
        messageOf(found[0]),
        /^pw:bn1 cannot be folded: bn1 does not stand beside pw\.$/,
      );
      assert.match(messageOf(found[1]), /conv1, fc cannot .*: fc does not follow conv1 directly/);
      const [pair] = await beside.texts.fixes(pathOf(), text, found[0]);
      assert.equal(pair?.title, 'Replace by "pw:bn3"');
      assert.equal(pair.text, text.replace('pw:bn1', 'pw:bn3'));
      const [set] = await beside.texts.fixes(pathOf(), text, found[1]);
      assert.equal(set?.text, text.replace('["conv1", "fc"]', '["conv1", "dw", "pw"]'));
      assert.deepEqual(
        placesOf(await beside.texts.replace(pathOf(), text, '"fc, pw"', '"pw, fc"')),
        [
          ['not-a-pair', 2, 41],
          ['not-a-set', 3, 45],
        ],
      );
    });

    it('are about the model in its file, also when it is folded in its editor', async () => {
      const uri = pathToFileURL(beside.folder.at('net.onnx')).href;
      const state = await beside.client.ask(rpc.openModel, { uri, target: perTensor });
      const { revision } = state;
      await beside.client.ask(rpc.applySteps, { uri, revision, steps: [{ step: 'fold' }] });
      const found = await beside.texts.open(pathOf(), text, 'json');
      assert.equal(found.length, 3);
    });
  });

  describe('model.json of TensorFlow.js', () => {
    const layer = (name: string, reads: string) =>
      `{"class_name": "Dense", "config": {"name": "${name}"}, "inbound_nodes": [[["${reads}", 0, 0, {}]]]}`;
    const text = `{"format": "layers-model", "modelTopology": {"model_config": {"class_name": "Model", "config": {"layers": [
${layer('one', 'one')},
${layer('two', 'oen')},
${layer('one', 'two')}]}}},
"weightsManifest": [
  {"paths": ["gone.bin"], "weights": []},
  {"paths": ["some.bin"], "weights": [{"name": "w", "shape": [2, 2], "dtype": "float32"}]}]}`;
    const pathOf = () => beside.folder.at('model.json');

    it('lists layers of models within the model, also where they have no name', async () => {
      const nested = `{"modelTopology": {"class_name": "Sequential", "config": [
{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "inner"}}]},
{"class_name": "Model", "config": {"name": "net", "layers": [
${layer('one', 'inner')}]}}]}}`;
      const found = await beside.texts.open(pathOf(), nested, 'json');
      // a layer sees those of its own model only
      assert.deepEqual(placesOf(found), [
        ['unknown-layer', 4, 72],
        ['not-opened', 3, 44],
      ]);
      assert.match(messageOf(found[1]), /"net" does not say what its outputs are/);
      const layers = await beside.texts.symbols(pathOf());
      assert.deepEqual(
        layers.map(({ name, children }) => [name, children?.map((one) => one.name)]),
        [
          ['Sequential', ['inner']],
          ['net', ['one']],
        ],
      );
    });

    it('names layers and files that are not there', async () => {
      writeFileSync(beside.folder.at('some.bin'), new Uint8Array(12));
      const found = await beside.texts.open(pathOf(), text, 'json');
      assert.deepEqual(placesOf(found), [
        ['duplicate-layer', 4, 44],
        ['unknown-layer', 3, 72],
        ['missing-shard', 6, 14],
        ['shard-size', 7, 13],
      ]);
      assert.match(messageOf(found[3]), /12 bytes; the weights need 16/);
      const [renamed] = await beside.texts.fixes(pathOf(), text, found[1]);
      assert.equal(renamed?.text, text.replace('oen', 'one'));
      const layers = await beside.texts.symbols(pathOf());
      assert.deepEqual(
        layers.map(({ name, detail }) => [name, detail]),
        ['one', 'two', 'one'].map((name) => [name, 'Dense']),
      );
    });

    it('names layers of classes that nobody here can run', async () => {
      const fancy = `{"format": "layers-model", "generatedBy": "keras v2.9.0", "modelTopology": {"keras_version": "2.9.0", "model_config": {"class_name": "Sequential", "config": {"name": "net", "layers": [
{"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [null, 4], "dtype": "float32"}},
{"class_name": "Fancy", "config": {"name": "odd"}},
{"class_name": "Activation", "config": {"name": "act", "activation": "relu"}}]}}}, "weightsManifest": []}`;
      writeFileSync(pathOf(), fancy);
      const found = await beside.texts.open(pathOf(), fancy, 'json');
      assert.deepEqual(placesOf(found), [['custom-layer', 3, 16]]);
      assert.match(messageOf(found[0]), /class "Fancy" is not known here/);
    });
  });
});
