import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import { connect, sharedEngine, type Client } from '../../kit/connect.ts';
import { EditorTexts, messageOf, wordsOf } from '../../kit/editorTexts.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { ModelFolder } from '../../kit/onnxFiles.ts';

describe('texts of a workspace that is not trusted', () => {
  const engine = sharedEngine();
  after(() => engine.dispose());
  let folder: ModelFolder;
  let client: Client | undefined;
  let texts: EditorTexts;
  const begin = async (isTrusted: boolean): Promise<void> => {
    client = await connect(folder.at('storage'), engine.create, { isTrusted });
    texts = new EditorTexts(client.connection);
  };
  beforeEach(() => {
    folder = new ModelFolder();
    folder.file(encodeGraph(smallMobileNet(), []), 'outside.onnx');
    mkdirSync(folder.at('project'));
  });
  afterEach(async () => {
    await client?.close();
    folder.remove();
  });

  const text =
    '{"model": "../outside.onnx", "data": "../gone", "labels": "/gone", "sets": ["pv, fc"]}';
  const file = (): string => folder.at('project', 'rangefinder.json');

  it('are obeyed and looked into where it is trusted', async () => {
    writeFileSync(file(), text);
    await begin(true);
    const found = await texts.open(file(), text, 'json');
    assert.deepEqual(
      found.map(({ code }) => code),
      ['unknown-layer', 'no-file', 'no-file'],
    );
    assert.match(messageOf(found[0]), /Did you mean "pw"/);
  });

  it('name no model and no samples that are looked for', async () => {
    writeFileSync(file(), text);
    await begin(false);
    assert.deepEqual(await texts.open(file(), text, 'json'), []);
    assert.equal(await texts.hover(file(), text, 'fc'), null);
    assert.deepEqual(await texts.complete(file(), text, 'fc'), []);
    const encodings = folder.at('project', 'net.encodings');
    const [told] = await texts.open(encodings, '{"version": "1.0.0"}');
    assert.equal(told?.code, 'no-model');
    assert.match(messageOf(told), /call it net\.onnx \(or \.h5, \.keras\)\.$/);
  });

  it('are not about what a link beside them leads to', async () => {
    symlinkSync(folder.at('outside.onnx'), folder.at('project', 'rangefinder.onnx'));
    writeFileSync(file(), text);
    await begin(false);
    assert.deepEqual(await texts.open(file(), text, 'json'), []);
  });

  it('are about the model beside them', async () => {
    folder.file(encodeGraph(smallMobileNet(), []), 'project/net.onnx');
    writeFileSync(file(), text);
    await begin(false);
    const found = await texts.open(file(), text, 'json');
    assert.deepEqual(
      found.map(({ code }) => code),
      ['unknown-layer'],
    );
    assert.match(wordsOf(await texts.hover(file(), text, 'fc')), /\*\*fc\*\*/);
  });

  it('have no size told of what lies elsewhere, trusted or not', async () => {
    writeFileSync(folder.at('outside.bin'), 'secret');
    const weights = '[{"name": "w", "shape": [2], "dtype": "float32"}]';
    const model = `{"modelTopology": {}, "weightsManifest": [{"paths": ["../outside.bin"], "weights": ${weights}}]}`;
    writeFileSync(folder.at('project', 'model.json'), model);
    await begin(true);
    const found = await texts.open(folder.at('project', 'model.json'), model, 'json');
    assert.deepEqual(
      found.map(({ code }) => code),
      ['missing-shard'],
    );
  });
});
