import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Diagnostic } from 'vscode-languageserver/node';
import { connect, sharedEngine, type Client } from '../../kit/connect.ts';
import { EditorTexts, messageOf, wordsOf } from '../../kit/editorTexts.ts';
import { KerasFolder } from '../../kit/kerasFiles.ts';

/** x, then two Conv2D of 4 filters and a Dense, each on a line of its own. */
const conv = (name: string, reads: string, more = '') =>
  `{"class_name": "Conv2D", "config": {"name": "${name}", "filters": 4, "kernel_size": [1, 1], "padding": "same", "activation": "relu", "use_bias": false${more}}, "inbound_nodes": [[["${reads}", 0, 0, {}]]], "name": "${name}"}`;
const lines = [
  '{"format": "layers-model", "modelTopology": {"keras_version": "2.9.0", "model_config": {"class_name": "Functional", "config": {"name": "net", "layers": [',
  '{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 4, 4, 4], "dtype": "float32"}, "inbound_nodes": [], "name": "x"},',
  `${conv('one', 'x')},`,
  `${conv('two', 'one')},`,
  '{"class_name": "Dense", "config": {"name": "fc", "units": 3, "use_bias": false, "activation": "linear"}, "inbound_nodes": [[["two", 0, 0, {}]]], "name": "fc"}],',
  '"input_layers": [["x", 0, 0]],',
  '"output_layers": [["fc", 0, 0]]}}},',
  '"weightsManifest": [{"paths": ["w.bin"], "weights": [',
  '{"name": "one/kernel", "shape": [1, 1, 4, 4], "dtype": "float32"},',
  '{"name": "two/kernel", "shape": [1, 1, 4, 4], "dtype": "float32"},',
  '{"name": "fc/kernel", "shape": [4, 3], "dtype": "float32"}]}]}',
];
const whole = lines.join('\n');
const bytes = (16 + 16 + 12) * 4;

describe('model.json in an editor', () => {
  const engine = sharedEngine();
  after(() => engine.dispose());
  let folder: KerasFolder;
  let client: Client;
  let texts: EditorTexts;
  const pathOf = (name = 'model.json') => `${folder.path}/${name}`;
  beforeEach(async () => {
    folder = new KerasFolder();
    writeFileSync(pathOf('w.bin'), new Uint8Array(bytes));
    client = await connect(pathOf('storage'), engine.create);
    texts = new EditorTexts(client.connection);
  });
  afterEach(async () => {
    await client.close();
    folder.remove();
  });

  /** What is said of the text with one part replaced, once it was saved. */
  const changed = async (
    from: string,
    to: string,
  ): Promise<{ text: string; found: Diagnostic[]; titles: string[]; mended: string[] }> => {
    assert.ok(whole.includes(from), from);
    const text = whole.replace(from, to);
    writeFileSync(pathOf(), text);
    const found = await texts.open(pathOf(), text, 'json');
    const fixes = await Promise.all(found.map((one) => texts.fixes(pathOf(), text, one)));
    await texts.close(pathOf());
    const all = fixes.flat();
    return {
      ...{ text, found },
      titles: all.map(({ title }) => title),
      mended: all.map((one) => one.text),
    };
  };
  /** `code at line`, and the text that is underlined. */
  const marks = ({ text, found }: { text: string; found: Diagnostic[] }): string[][] =>
    found.map(({ code, range: { start, end } }) => [
      String(code),
      text.split('\n')[start.line]?.slice(start.character, end.character) ?? '',
    ]);

  it('that is right has nothing said of it', async () => {
    assert.deepEqual((await changed('"net"', '"net"')).found, []);
  });

  it('flags the activation that is not known, and no other layer of the class', async () => {
    const said = await changed('"activation": "relu"', '"activation": "reluu"');
    assert.deepEqual(marks(said), [['custom-layer', '"reluu"']]);
    assert.equal(said.found[0]?.range.start.line, 2);
    assert.match(messageOf(said.found[0]), /activation "reluu" is not known here.*mean "relu"\?/);
    assert.deepEqual(said.mended, [whole]);
  });

  it('flags the class that is not known, and offers the one that is close', async () => {
    const said = await changed(
      '"Conv2D", "config": {"name": "two"',
      '"Conv2d", "config": {"name": "two"',
    );
    assert.deepEqual(marks(said), [['custom-layer', '"Conv2d"']]);
    assert.equal(said.found[0]?.range.start.line, 3);
    assert.deepEqual(said.mended, [whole]);
  });

  const places: Record<string, readonly [from: string, to: string, marks: string[][]]> = {
    'a padding': ['"padding": "same"', '"padding": "samee"', [['wrong-value', '"samee"']]],
    'a name among the inputs': ['[["x", 0, 0]],', '[["xx", 0, 0]],', [['unknown-layer', '"xx"']]],
    'a name among the outputs': ['[["fc", 0, 0]]', '[["fcc", 0, 0]]', [['unknown-layer', '"fcc"']]],
    'a name that a layer reads': ['[["one", 0', '[["onee", 0', [['unknown-layer', '"onee"']]],
    'the key of the outputs': [
      '"output_layers"',
      '"output_layer"',
      [['unknown-key', '"output_layer"']],
    ],
    'filters that the weights have not': ['"filters": 4', '"filters": 5', [['wrong-value', '5']]],
  };
  for (const [what, [from, to, expected]] of Object.entries(places)) {
    it(`flags ${what}, and mends it`, async () => {
      const said = await changed(from, to);
      assert.deepEqual(marks(said), expected);
      assert.deepEqual(said.mended, [whole]);
    });
  }

  it('flags counts that are none', async () => {
    const said = await changed('"filters": 4', '"filters": -8');
    assert.deepEqual(marks(said), [['wrong-value', '-8']]);
    assert.match(messageOf(said.found[0]), /"filters" must be a whole number above 0/);
    const sizes = await changed('"kernel_size": [1, 1]', '"kernel_size": [1, 0.5]');
    assert.deepEqual(marks(sizes), [['wrong-value', '0.5']]);
  });

  it('says why it cannot be opened, at the layer or weight to blame', async () => {
    const shape = await changed(
      '"two/kernel", "shape": [1, 1, 4, 4]',
      '"two/kernel", "shape": [1, 1, 2, 8]',
    );
    assert.deepEqual(marks(shape), [
      ['wrong-value', '4'],
      ['not-opened', '"two"'],
    ]);
    assert.match(
      messageOf(shape.found[1]),
      /"kernel" is 1 x 1 x 2 x 8 and should be 1 x 1 x 4 x 8/,
    );
    const gone = await changed('"two/kernel"', '"tow/kernel"');
    assert.deepEqual(marks(gone), [['not-opened', '"two"']]);
    assert.match(messageOf(gone.found[0]), /"two\/kernel" is not in the manifest/);
    const type = await changed('[4, 3], "dtype": "float32"', '[4, 3], "dtype": "float23"');
    assert.deepEqual(marks(type), [['not-opened', '"float23"']]);
    const shapeless = await changed('"batch_input_shape"', '"batch_input_shap"');
    assert.deepEqual(marks(shapeless), [['not-opened', '"x"']]);
    const longer = await changed('[4, 3]', '[4, 4]');
    assert.deepEqual(marks(longer).at(0), ['shard-size', '["w.bin"]']);
  });

  it('says at its beginning what has no place of its own', async () => {
    const layers = await changed('"layers": [', '"lairs": [');
    assert.deepEqual(marks(layers), [['not-opened', '"format"']]);
    assert.match(messageOf(layers.found[0]), /does not list its layers/);
    const close = await changed('"layers": [', '"layer": [');
    assert.deepEqual([marks(close), close.mended], [[['unknown-key', '"layer"']], [whole]]);
    const graph = await changed('"layers-model"', '"graph-model"');
    assert.deepEqual(marks(graph), [['not-opened', '"graph-model"']]);
  });

  it('is checked as it is in the editor, also before it is saved', async () => {
    writeFileSync(pathOf(), whole);
    assert.deepEqual(await texts.open(pathOf(), whole, 'json'), []);
    const found = await texts.replace(pathOf(), whole, '"two/kernel"', '"tow/kernel"');
    assert.deepEqual(
      found.map(({ code }) => code),
      ['not-opened'],
    );
  });

  it('completes options besides names', async () => {
    await texts.open(pathOf(), whole, 'json');
    const labels = async (what: string) =>
      (await texts.complete(pathOf(), whole, what)).map(({ label }) => label);
    assert.deepEqual(await labels('same"'), ['valid', 'same']);
    assert.ok((await labels('relu"')).includes('hard_sigmoid'));
    assert.ok((await labels('Conv2D"')).includes('DepthwiseConv2D'));
    assert.deepEqual(await labels('fc", 0'), ['x', 'one', 'two', 'fc']);
  });

  describe('that Keras wrote without weights', () => {
    const config = `{"name": "net", "layers": [
{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 4, 4, 4]}, "inbound_nodes": [], "name": "x"},
${conv('one', 'x')}],
"input_layers": [["x", 0, 0]], "output_layers": [["one", 0, 0]]}`;
    const forms = {
      'Keras 2': `{"class_name": "Functional", "config": ${config}, "keras_version": "2.9.0", "backend": "tensorflow"}`,
      'Keras 3': `{\n  "module": "keras.src.models.functional", "class_name": "Functional", "config": ${config}, "registered_name": "Functional"}`,
    };
    for (const [by, text] of Object.entries(forms)) {
      it(`is recognised, listed and explained: ${by}`, async () => {
        const path = pathOf('architecture.json');
        writeFileSync(path, text);
        const found = await texts.open(path, text, 'json');
        assert.deepEqual(
          found.map(({ code, severity }) => [code, severity]),
          [['no-weights', 3]],
        );
        assert.match(messageOf(found[0]), /without its weights/);
        const layers = await texts.symbols(path);
        assert.deepEqual(
          layers.map(({ name }) => name),
          ['x', 'one'],
        );
        const words = wordsOf(await texts.hover(path, text, 'one"'));
        assert.match(words, /`one`: Conv2D, filters 4, kernel_size 1 × 1/);
        const wrong = await texts.replace(path, text, '"same"', '"samee"');
        assert.deepEqual(
          wrong.map(({ code }) => code),
          ['wrong-value', 'no-weights'],
        );
      });
    }

    it('says why it cannot be read', async () => {
      const twice = forms['Keras 2'].replace('"output_layers"', '"results"');
      const found = await texts.open(pathOf('net.json'), twice, 'json');
      assert.deepEqual(
        found.map(({ code }) => code),
        ['no-weights', 'not-opened'],
      );
    });
  });
});
