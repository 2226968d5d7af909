import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { keepDataSettings, keptDataSettings } from '../../../server/data/keptSettings.ts';
import { BadData } from '../../../server/data/samples.ts';
import { SampleFolder } from '../../kit/samples.ts';

describe('data in rangefinder.json', () => {
  const folder = new SampleFolder();

  it('keeps what was chosen, with paths from the file on', async () => {
    const model = folder.write('models/net.onnx', '');
    folder.write('rangefinder.json', '{"pairs": ["a:b"], "judge": "0..4", "dims": {"n": 2}}');
    const path = await keepDataSettings(model, {
      data: folder.at('images/val'),
      preprocess: { size: [224, 224] },
      dims: { height: 224 },
      judge: undefined,
    });
    assert.equal(path, folder.at('rangefinder.json'));
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {
      pairs: ['a:b'],
      dims: { height: 224 },
      data: 'images/val',
      preprocess: { size: [224, 224] },
    });
    assert.deepEqual(keptDataSettings(model), {
      data: folder.at('images/val'),
      preprocess: { size: [224, 224] },
      dims: { height: 224 },
    });
  });

  it('begins a file beside the model, and takes synthetic as no path', async () => {
    const model = folder.write('net.onnx', '');
    assert.deepEqual(keptDataSettings(model), {});
    await keepDataSettings(model, { data: 'synthetic:3' });
    assert.equal(keptDataSettings(model).data, 'synthetic:3');
  });

  const bad: readonly (readonly [text: string, says: RegExp])[] = [
    ['{"data": 3}', /"data" in .*rangefinder\.json is 3, not a path/],
    ['{"preprocess": {"size": 0}}', /"size" of the preprocessing is 0/],
    ['{"dims": {"height": -1}}', /"dims" .* not sizes by name/],
    ['{"judge": "1-3"}', /"judge" .* not a range/],
    ['{"raw": {"kind": "uint8"}}', /"raw"/],
    ['{"fields": {"inputs": 3}}', /"fields"/],
    ['[]', /is not an object/],
    ['{"data": ', /rangefinder\.json/],
  ];
  for (const [text, says] of bad) {
    it(`refuses ${text}`, () => {
      folder.write('rangefinder.json', text);
      assert.throws(
        () => keptDataSettings(folder.at('net.onnx')),
        (thrown) => thrown instanceof BadData && says.test(thrown.message),
      );
    });
  }

  it('refuses a folder of that name, to read and to keep', async () => {
    const model = folder.write('odd/net.onnx', '');
    mkdirSync(folder.at('odd/rangefinder.json'));
    const isSaid = (thrown: unknown): boolean =>
      thrown instanceof BadData && /odd.rangefinder\.json is not a file/.test(thrown.message);
    assert.throws(() => keptDataSettings(model), isSaid);
    await assert.rejects(keepDataSettings(model, { data: 'x' }), isSaid);
  });

  it('refuses to keep what it would refuse to read', async () => {
    const model = folder.write('net.onnx', '');
    await assert.rejects(keepDataSettings(model, { calibration: 'all' }), BadData);
  });
});
