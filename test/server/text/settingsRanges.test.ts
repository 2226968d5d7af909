import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import { readModelSettings } from '../../../server/protocol/modelSettings.ts';
import { messageOf, placesOf } from '../../kit/editorTexts.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { floatNpy, makeNpz } from '../../kit/npy.ts';
import { textsBeside } from '../../kit/textsBeside.ts';

const net = (input: string, batch = 1) =>
  graphOf({
    inputs: { [input]: [batch, 2, 2, 2] },
    outputs: ['y'],
    nodes: [node('Conv', [input, 'w'], ['y'], {}, 'only')],
    tensors: [tensor('w', [2, 2, 1, 1], [1, -2, 0.5, 0.25])],
  });

/** Six samples of the input. */
const six = floatNpy([6, 2, 2, 2], new Array<number>(48).fill(0.5));
const two = floatNpy([2, 2, 2, 2], new Array<number>(16).fill(0.5));

/** Three pictures with labels. */
const records = readFileSync('test/fixtures/samples/images.tfrecord');

describe('ranges of samples in rangefinder.json', () => {
  const beside = textsBeside(() => net('x'));
  const file = (): string => beside.folder.at('rangefinder.json');
  const textWith = (data: string, judge = '2..9'): string =>
    `{\n  "model": "net.onnx",\n  "data": "${data}",\n  "judge": "${judge}"\n}`;
  const put = (name: string, content: string | Buffer): void => {
    mkdirSync(dirname(beside.folder.at(name)), { recursive: true });
    writeFileSync(beside.folder.at(name), content);
  };

  /** Six samples of each kind that can be counted without reading them. */
  const kinds: readonly (readonly [data: string, make: () => Promise<void> | void])[] = [
    [
      'six.npz',
      () => makeNpz(beside.folder.at('six.npz'), { x: six, y: floatNpy([6], [0, 0, 0, 0, 0, 0]) }),
    ],
    ['six.npz', () => makeNpz(beside.folder.at('six.npz'), { x: six, other: two }, true)],
    ['six.npy', () => put('six.npy', six)],
    // a header alone: its samples are not looked at
    ['six.npy', () => put('six.npy', six.subarray(0, 140))],
    [
      'pictures',
      () => {
        for (const name of 'abcdef') put(`pictures/${name}.png`, 'no picture at all');
        put('pictures/notes.txt', 'passed over');
      },
    ],
    [
      'classes',
      () => {
        for (const name of ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1'])
          put(`classes/${name}.jpg`, 'no picture at all');
      },
    ],
    ['six.csv', () => put('six.csv', 'p,q,label\n' + '1,2,0\n'.repeat(6))],
    ['six.f32', () => put('six.f32', Buffer.alloc(6 * 8 * 4))],
    ['six.tfrecord', () => put('six.tfrecord', Buffer.concat([records, records]))],
    [
      'shards',
      () => {
        for (const at of [0, 1]) put(`shards/train-0000${at}-of-00002`, records);
      },
    ],
    [
      'tests',
      () => {
        for (const at of '012345') put(`tests/test_data_set_${at}/input_0.pb`, 'no tensor at all');
      },
    ],
  ];
  for (const [data, make] of kinds) {
    it(`are held to the number of samples: ${data}`, async () => {
      await make();
      const text = textWith(data);
      const found = await beside.texts.open(file(), text, 'json');
      assert.deepEqual(placesOf(found), [['bad-range', 4, 12]]);
      assert.match(
        messageOf(found[0]),
        /"judge" is "2\.\.9", which ends after the last sample: ".*" has 6, 0\.\.6\.$/,
      );
      const [fix] = await beside.texts.fixes(file(), text, found[0]);
      assert.deepEqual([fix?.title, fix?.text], ['Write "2..6"', textWith(data, '2..6')]);
      assert.deepEqual(await beside.texts.replace(file(), text, '2..9', '2..6'), []);
    });
  }

  it('count records that have a label, where others have none, as they are opened', async () => {
    const without = readFileSync('test/fixtures/samples/numbers-00000-of-00001');
    put('mixed.tfrecord', Buffer.concat([records, without]));
    const text = textWith('mixed.tfrecord', '2..5');
    const [found] = await beside.texts.open(file(), text, 'json');
    assert.match(messageOf(found), /"mixed\.tfrecord" has 3, 0\.\.3\.$/);
    put('given.csv', '0\n'.repeat(6));
    const given = '"mixed.tfrecord", "labels": "given.csv"';
    assert.deepEqual(await beside.texts.replace(file(), text, '"mixed.tfrecord"', given), []);
  });

  it('leave out pictures of records that make no full run of the model', async () => {
    beside.folder.file(encodeGraph(net('x', 4), []), 'net.onnx');
    put('six.tfrecord', Buffer.concat([records, records]));
    const text = textWith('six.tfrecord', '2..6');
    writeFileSync(file(), text);
    const [found] = await beside.texts.open(file(), text, 'json');
    assert.match(messageOf(found), /"six\.tfrecord" has 4, 0\.\.4\.$/);
  });

  it('are held to the number of synthetic inputs', async () => {
    const found = await beside.texts.open(file(), textWith('synthetic:3'), 'json');
    assert.match(messageOf(found[0]), /"synthetic:3" has 8, 0\.\.8\.$/);
  });

  it('are told each at its place', async () => {
    put('six.npy', six);
    const text =
      '{"data": "six.npy", "calibration": "0..7", "correction": "7..8", "judge": "8..9"}';
    assert.deepEqual(placesOf(await beside.texts.open(file(), text, 'json')), [
      ['bad-range', 1, 36],
      ['bad-range', 1, 58],
      ['bad-range', 1, 75],
    ]);
  });

  it('count the array of the input of the model that the file names, and of no other', async () => {
    beside.folder.file(encodeGraph(net('image'), []), 'net.onnx');
    await makeNpz(beside.folder.at('both.npz'), { x: two, image: six });
    const text = textWith('both.npz');
    writeFileSync(file(), text);
    const found = await beside.texts.open(file(), text, 'json');
    assert.deepEqual(found.map(messageOf), [
      '"judge" is "2..9", which ends after the last sample: "both.npz" has 6, 0..6.',
    ]);
    // called as the text is, and not what the text is about
    beside.folder.file(encodeGraph(net('x'), []), 'rangefinder.onnx');
    assert.deepEqual(await beside.texts.replace(file(), text, '2..9', '2..8'), []);
  });

  it('say nothing of samples that cannot be counted or are not there', async () => {
    put('broken.npz', 'no zip');
    put('odd.xyz', 'what is this');
    const text = textWith('broken.npz');
    assert.deepEqual(await beside.texts.open(file(), text, 'json'), []);
    assert.deepEqual(await beside.texts.replace(file(), text, 'broken.npz', 'odd.xyz'), []);
    const odd = text.replace('broken.npz', 'odd.xyz');
    const [gone] = await beside.texts.replace(file(), odd, 'odd.xyz', 'gone.npz');
    assert.equal(gone?.code, 'no-file');
  });

  it('are not the only thing that a file beside can make wrong: so can a target', async () => {
    put('npu.json', '{"defaults": {}}');
    const text = '{"target": "npu.json"}';
    const found = await beside.texts.open(file(), text, 'json');
    assert.deepEqual(placesOf(found), [['bad-settings', 1, 12]]);
    assert.match(messageOf(found[0]), /^npu\.json:1:14: "defaults" must have .*and 1 more error/);
    const [gone] = await beside.texts.replace(file(), text, 'npu.json', 'gone.json');
    assert.equal(gone?.code, 'no-file');
  });

  it('are under Problems for the model of the file, and for no other', async () => {
    put('six.npy', six);
    writeFileSync(file(), textWith('six.npy'));
    beside.folder.file(encodeGraph(net('x'), []), 'other.onnx');
    const faultsOf = async (name: string): Promise<unknown[]> => {
      const uri = pathToFileURL(beside.folder.at(name)).href;
      const { faults } = await beside.client.ask(readModelSettings, { uri });
      return faults.map(({ code, message, line, column }) => [
        code,
        /after the last/.test(message),
        line,
        column,
      ]);
    };
    assert.deepEqual(await faultsOf('net.onnx'), [['bad-range', true, 4, 12]]);
    assert.deepEqual(await faultsOf('other.onnx'), []);
    writeFileSync(file(), textWith('six.npy', '2..6'));
    assert.deepEqual(await faultsOf('net.onnx'), []);
  });
});
