import assert from 'node:assert/strict';
import { minimatch } from 'minimatch';
import manifest from '../../package.json' with { type: 'json' };
import { kindOf } from '../../server/text/openText.ts';
import {
  foreignExtensions,
  isArchitecture,
  opensAsModel,
  isLayersModel,
  isOnnx,
  layersModelType,
  modelExtensions,
  modelFilters,
  modelPattern,
  modelPatterns,
  onnxNameFor,
  viewType,
  viewTypeOf,
} from '../../src/modelFiles.ts';
import { fileUri } from './fileUri.ts';

const { customEditors, menus } = manifest.contributes;

describe('model files', () => {
  it('are opened by the editors that package.json names for them', () => {
    assert.deepEqual(
      customEditors.map((editor) => [
        editor.viewType,
        editor.priority,
        editor.selector.map(({ filenamePattern }) => filenamePattern),
      ]),
      [
        [viewType, 'default', modelExtensions.map((extension) => `*.${extension}`)],
        [
          layersModelType,
          'option',
          [
            'model.json',
            'saved_model.pb',
            ...foreignExtensions.map((extension) => `*.${extension}`),
          ],
        ],
      ],
    );
    for (const pattern of [modelPattern, `{${modelPatterns.join(',')}}`])
      for (const extension of modelExtensions)
        for (const name of [extension, extension.toUpperCase()])
          assert.ok(minimatch(`a/net.${name}`, pattern), `${name} ${pattern}`);
    assert.ok(!minimatch('a/net.onnx.txt', modelPattern));
  });

  it('have the menu in the explorer, each of them', () => {
    for (const { when } of menus['explorer/context']) {
      const pattern = /resourceExtname =~ \/(.+?)\/i/.exec(when)?.[1] ?? '';
      for (const extension of modelExtensions) assert.match(`.${extension}`, new RegExp(pattern));
      assert.doesNotMatch('.json', new RegExp(pattern));
      assert.match(when, /resourceFilename == model\.json/);
    }
  });

  it('have it where they are of other programs, so that one is told how they come here', () => {
    const [{ command, when } = { command: '', when: '' }] = menus['explorer/context'];
    assert.equal(command, 'rangefinder.openDiagnostics');
    for (const clause of [when, menus['editor/title/context'][0]?.when ?? '']) {
      const pattern = new RegExp(/resourceExtname =~ \/(.+?)\/i/.exec(clause)?.[1] ?? '^$');
      for (const extension of foreignExtensions) assert.match(`.${extension}`, pattern);
      // Samples of ONNX are called `.pb` too.
      assert.doesNotMatch('.pb', pattern);
      const [, name = '^$'] =
        /resourceExtname == \.pb && !\(resourceFilename =~ \/(.+?)\/i\)/.exec(clause) ?? [];
      for (const file of ['input_0.pb', 'output_12.pb']) assert.match(file, new RegExp(name));
      for (const file of ['saved_model.pb', 'frozen.pb'])
        assert.doesNotMatch(file, new RegExp(name));
    }
    for (const extension of foreignExtensions)
      assert.equal(viewTypeOf(fileUri(`/a/net.${extension.toUpperCase()}`)), layersModelType);
    assert.equal(viewTypeOf(fileUri('/a/saved_model.pb')), layersModelType);
  });

  it('can be chosen in the dialog, those of other programs and those with any name too', () => {
    const [first, ...others] = Object.values(modelFilters);
    assert.deepEqual(first, [...modelExtensions, 'json']);
    const all = others.flat();
    for (const extension of [...foreignExtensions, 'pb', '*']) assert.ok(all.includes(extension));
  });

  it('open wherever they are dropped, where samples are something else', () => {
    for (const name of ['net.ONNX', 'net.keras', 'web/model.json', 'net.tflite', 'net.PT'])
      assert.equal(opensAsModel(fileUri(`/a/${name}`)), true, name);
    for (const name of ['a.npz', 'input_0.pb', 'labels.json', 'pictures', 'my-model.json'])
      assert.equal(opensAsModel(fileUri(`/a/${name}`)), false, name);
  });

  it('are told apart by their names', () => {
    assert.equal(viewTypeOf(fileUri('/a/net.H5')), viewType);
    assert.equal(viewTypeOf(fileUri('/a/model.json')), layersModelType);
    assert.equal(isOnnx(fileUri('/a/NET.ONNX')), true);
    assert.equal(isOnnx(fileUri('/a/onnx.keras')), false);
    assert.equal(onnxNameFor(fileUri('/a.b/net.v2.keras')).path, '/a.b/net.v2.onnx');
  });

  const texts: readonly [string, boolean][] = [
    ['{"format":"layers-model","modelTopology":{},"weightsManifest":[]}', true],
    ['{"modelTopology":{},"weightsManifest":[]}', true],
    ['{"format": "graph-model","modelTopology":{},"weightsManifest":[]}', false],
    ['{"name":"a data model"}', false],
  ];
  for (const [text, is] of texts) {
    it(`${is ? 'takes' : 'leaves'} ${text}`, () => assert.equal(isLayersModel(text), is));
  }
});

describe('the architecture of a Keras model by itself', () => {
  const cases: [string, boolean][] = [
    ['{"class_name": "Functional", "config": {}, "keras_version": "2.9.0"}', true],
    ['{\n  "module": "keras.src", "class_name": "Sequential", "config": {}}', true],
    ['{"modelTopology": {"class_name": "Sequential"}}', false],
    ['{"class_name": "Dense", "config": {}}', false],
    ['[{"class_name": "Sequential"}]', false],
  ];
  for (const [text, is] of cases)
    it(`${is ? 'takes' : 'leaves'} ${text}`, () => {
      assert.equal(isArchitecture(text), is);
      assert.equal(kindOf('net.json', text) === 'layersModel' && !text.includes('Topology'), is);
    });
});
