import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { crc32c, maskedCrc32c } from '../../../server/data/crc32c.ts';
import { BadSample } from '../../../server/data/samples.ts';
import { pillow } from '../../kit/pictures.ts';
import { input, opened, refused, SampleFolder, valuesOf } from '../../kit/samples.ts';

const fixtures = 'test/fixtures/samples';

describe('openSamples of CSV', () => {
  const folder = new SampleFolder();
  const inputs = [input('x', ['n', 2, 2])];

  it('reads a row a sample, with or without names and labels', async () => {
    const bare = await opened(folder.write('a.csv', '1,2,3,4\r\n-5e-1,inf,7,8\n\n'), inputs);
    assert.equal(bare.count, 2);
    assert.deepEqual((await bare.feeds(1)).get('x')?.dims, [1, 2, 2]);
    assert.deepEqual(await valuesOf(bare, 1), [-0.5, Infinity, 7, 8]);
    const named = await opened(
      folder.write('b.csv', '\ufeffa;b;Label;c;d\n1;2;9;3;4\n5;6;8;7;8\n'),
      inputs,
    );
    assert.deepEqual(named.labels, Int32Array.of(9, 8));
    assert.deepEqual(await valuesOf(named, 1), [5, 6, 7, 8]);
  });

  it('leaves out samples with numbers that are not there', async () => {
    const samples = await opened(folder.write('a.csv', '1,2,3,4\n1,nan,3,4\n1,,3,4\n'), inputs);
    await assert.rejects(
      samples.feeds(1),
      (thrown) => thrown instanceof BadSample && /Sample 1/.test(thrown.message),
    );
    await assert.rejects(samples.feeds(2), BadSample);
    assert.deepEqual(await valuesOf(samples, 0), [1, 2, 3, 4]);
  });

  const bad: readonly (readonly [text: string, code: string, says: RegExp])[] = [
    ['1,2,3\n', 'wrong-shape', /Line 1 .* has 3 numbers, .* "x" takes 4 \(\[2, 2\]\)/],
    ['1,2,3,4\n1,2,3,4,5\n', 'wrong-shape', /Line 2 .* has 5/],
    ['1,2,3,4\n1,2,x,4\n', 'bad-csv', /Column 3 of line 2 .* "x", not a number/],
    ['a,b,c,d\n', 'no-data', /has no samples/],
    ['a,b,c,d,label\n1,2,3,4,cat\n', 'wrong-labels', /line 2 .* "cat", not an integer/],
    ['', 'no-data', /has no samples/],
  ];
  for (const [text, code, says] of bad) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      const fault = await refused(folder.write('a.csv', text), inputs);
      assert.equal(fault.code, code);
      assert.match(fault.message, says);
    });
  }
});

describe('openSamples of raw files', () => {
  const folder = new SampleFolder();

  it('takes type and shape from the options, the name, or the input', async () => {
    const shorts = new Uint8Array(Int16Array.of(1, -2, 3, 400).buffer);
    const path = folder.write('a.i16', shorts);
    const byName = await opened(path, [input('x', ['n', 2])]);
    assert.equal(byName.count, 2);
    assert.deepEqual(await valuesOf(byName, 1), [3, 400]);
    const raw = { type: 'uint8', shape: [4] };
    const given = await opened(path, [input('x', ['n', 4])], { raw });
    assert.deepEqual(await valuesOf(given, 0), [1, 0, 254, 255]);
    const floats = folder.write('a.bin', new Uint8Array(Float32Array.of(1.5, 2.5).buffer));
    const byInput = await opened(floats, [input('x', [1, 1, 2])]);
    assert.deepEqual(await valuesOf(byInput, 0), [1.5, 2.5]);
  });

  it('says what does not fit', async () => {
    const path = folder.write('a.f32', new Uint8Array(10));
    const fault = await refused(path, [input('x', ['n', 2])]);
    assert.match(
      fault.message,
      /has 10 bytes, not a multiple of the 8 of a sample \(\[2\] float32\)/,
    );
    const open = await refused(path, [input('x', ['n', 'length'])]);
    assert.equal(open.code, 'dynamic-dimension');
    assert.match(open.message, /"length" \(axis 1\)/);
    const type = await refused(path, [input('x', ['n', 2])], { raw: { type: 'float24' } });
    assert.match(type.message, /cannot be "float24"/);
    assert.match(
      (await refused(folder.write('b.u8', ''), [input('x', ['n', 2])])).message,
      /is empty/,
    );
  });
});

describe('openSamples of raw pictures', () => {
  const folder = new SampleFolder();
  const last = input('x', [1, 2, 3, 3]);
  const first = input('x', [1, 3, 2, 3]);
  const told = async (...words: Parameters<typeof opened>): Promise<string[]> =>
    ((await opened(...words)).issues ?? [])
      .filter(({ code }) => code === 'raw-bytes')
      .map(({ message }) => message);

  it('says that bytes are fed as they are, and how they become inputs', async () => {
    const path = folder.write('a.u8', new Uint8Array(2 * 18));
    assert.deepEqual(await told(path, [last]), [
      `a.u8 is fed as it is: numbers from 0 to 255, each sample [2, 3, 3]. If these are pictures, --preprocess '{}' scales them as most models take them: see whether float is right then.`,
    ]);
    const [turned = ''] = await told(path, [first]);
    assert.match(
      turned,
      / Channels last: "raw": \{"shape": \[2, 3, 3\]\} in rangefinder\.json, too\.$/,
    );
  });

  it('says nothing where they were asked for as pictures, or are none', async () => {
    const path = folder.write('a.u8', new Uint8Array(2 * 18));
    assert.deepEqual(await told(path, [last], { preprocess: { layout: 'NHWC' } }), []);
    assert.deepEqual(await told(path, [input('x', [1, 2, 3, 3], 'uint8')]), []);
    assert.deepEqual(await told(path, [input('x', [1, 18])]), []);
  });

  it('names the shape that the model takes where the size does not fit', async () => {
    const fault = await refused(folder.write('a.u8', new Uint8Array(20)), [first]);
    assert.equal(
      fault.remedy,
      `Say what one sample is in rangefinder.json beside the model, such as {"raw": {"type": "uint8", "shape": [2, 3, 3]}} with the sizes of the file. Pictures of another size are made to fit with --preprocess '{}'.`,
    );
  });
});

describe('openSamples of features', () => {
  const folder = new SampleFolder();
  const inputs = [input('x', [1, 4])];
  const told = (set: Awaited<ReturnType<typeof opened>>): string[] =>
    (set.issues ?? []).flatMap(({ code, message }) => (code === 'scaled-values' ? [message] : []));

  it('scales numbers that are no pictures as preprocessing says, and says so', async () => {
    const path = folder.write('a.u8', Uint8Array.of(0, 10, 100, 255, 4, 3, 2, 1));
    const scaled = await opened(path, inputs, { preprocess: { scale: 0.5, mean: 1 } });
    assert.equal(scaled.count, 2);
    assert.deepEqual(await valuesOf(scaled, 0), [-1, 4, 49, 126.5]);
    assert.deepEqual(told(scaled), ['a.u8 is fed as value × 0.5 − 1.']);
    const divided = await opened(path, inputs, { preprocess: { mean: 2, std: 4 } });
    assert.deepEqual(await valuesOf(divided, 1), [0.5, 0.25, 0, -0.25]);
    assert.deepEqual(told(await opened(path, inputs)), []);
  });

  it('offers scaling where what was asked for is of pictures', async () => {
    const path = folder.write('a.u8', new Uint8Array(8));
    for (const preprocess of [{}, { size: 2 }, { scale: [1, 2, 3] }]) {
      const fault = await refused(path, inputs, { preprocess });
      assert.equal(fault.code, 'wrong-shape');
      assert.match(fault.message, /\[4\], are no pictures: they take "scale", "mean" and "std"/);
      assert.match(fault.remedy ?? '', /--preprocess '\{"scale": 0\.1\}'/);
    }
  });
});

describe('openSamples of ONNX test data', () => {
  const folder = new SampleFolder();
  const inputs = [input('x', ['n', 3]), input('count', ['n'], 'int64')];

  it('reads a sample a folder, by names and by order', async () => {
    const samples = await opened(`${fixtures}/onnx`, inputs);
    assert.equal(samples.count, 2);
    assert.equal(samples.nameOf?.(1), 'test_data_set_1');
    assert.deepEqual(await valuesOf(samples, 0), [1.5, -2, 3]);
    assert.deepEqual((await samples.feeds(1)).get('count'), {
      type: 'int64',
      dims: [1],
      values: BigInt64Array.of(-7n),
    });
    const one = await opened(`${fixtures}/onnx/test_data_set_1`, inputs);
    assert.deepEqual([one.count, await valuesOf(one, 0)], [1, [4, 5, 6]]);
    const file = await opened(`${fixtures}/onnx/test_data_set_1/input_0.pb`, inputs.slice(0, 1));
    assert.deepEqual(await valuesOf(file, 0), [4, 5, 6]);
  });

  it('says what does not fit', async () => {
    const few = await refused(`${fixtures}/onnx`, inputs.slice(0, 1));
    assert.match(few.message, /test_data_set_0 has 2 inputs, and the model has 1/);
    const shape = await refused(`${fixtures}/onnx`, [
      input('x', ['n', 4]),
      inputs[1] ?? input('c', []),
    ]);
    assert.match(shape.message, /has the shape \[1, 3\], and the input "x" takes \[n, 4\]/);
    const broken = folder.write(
      'input_0.pb',
      readFileSync(`${fixtures}/onnx/test_data_set_0/input_0.pb`).subarray(0, 20),
    );
    assert.match(
      (await refused(broken, inputs.slice(0, 1))).message,
      /input_0\.pb is no ONNX tensor/,
    );
  });
});

describe('openSamples of TFRecords', () => {
  const folder = new SampleFolder();
  const images = `${fixtures}/images.tfrecord`;
  const preprocess = { resize: 'none', size: [17, 23], layout: 'NHWC', scale: 1 };
  const numbers = `${fixtures}/numbers-00000-of-00001`;
  const fields = { label: 'label', inputs: { x: 'values', c: 'counts' } };

  it('has the checksum of RFC 3720 and its mask', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    // 32 bytes of zero (RFC 3720, B.4); the mask by hand: 0x8a9136aa rotated right by 15 is
    // 0x6d551522, plus 0xa282ead8 is 0x0fd7fffa.
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(maskedCrc32c(new Uint8Array(32)), 0x0fd7fffa);
  });

  it('reads encoded images and labels', async () => {
    const samples = await opened(images, [input('x', ['n', 17, 23, 3])], { preprocess });
    assert.deepEqual(samples.labels, Int32Array.of(3, 1, 2));
    assert.deepEqual(await valuesOf(samples, 0), [...Buffer.from(pillow.rgb, 'base64')]);
    await assert.rejects(samples.feeds(2), (thrown) => {
      return thrown instanceof BadSample && /record 2 .*Premature end/.test(thrown.message);
    });
    await samples.dispose();
  });

  it('reads a folder of shards', async () => {
    cpSync(images, folder.at('train-00000-of-00002'));
    cpSync(images, folder.at('train-00001-of-00002'));
    const samples = await opened(folder.path, [input('x', ['n', 17, 23, 3])], { preprocess });
    assert.equal(samples.count, 6);
    assert.equal(samples.nameOf?.(4), 'train-00001-of-00002, record 1');
  });

  it('reads numbers for several inputs', async () => {
    const inputs = [input('x', ['n', 3]), input('c', ['n', 2], 'int64')];
    const samples = await opened(numbers, inputs, { fields });
    assert.deepEqual(samples.labels, Int32Array.of(4, 5, 6));
    assert.deepEqual(await valuesOf(samples, 0), [0.5, -1.5, 2]);
    assert.deepEqual(await valuesOf(samples, 2, 'c'), [2 ** 40, 0]);
    await assert.rejects(samples.feeds(1), (thrown) => {
      return thrown instanceof BadSample && /record 1 has NaN in "values"/.test(thrown.message);
    });
    assert.deepEqual(
      (await samples.feeds([2, 0])).get('x')?.values,
      Float32Array.of(9, 8, 7, 0.5, -1.5, 2),
    );
  });

  it('says which features there are', async () => {
    const fault = await refused(numbers, [input('x', ['n', 3])]);
    assert.match(
      fault.message,
      /no "image\/encoded" for the input "x"; they have "(counts|values|label)"/,
    );
    const shape = await opened(numbers, [input('x', ['n', 4])], {
      fields: { inputs: { x: 'values' } },
    });
    await assert.rejects(shape.feeds(0), /has 3 numbers, and the input "x" takes 4/);
  });

  it('checks the checksums', async () => {
    const bytes = Uint8Array.from(readFileSync(images));
    // In the middle of the first picture.
    bytes[300] = (bytes[300] ?? 0) ^ 1;
    const data = await opened(
      folder.write('data.tfrecord', bytes),
      [input('x', ['n', 17, 23, 3])],
      { preprocess },
    );
    await assert.rejects(data.feeds(0), /record 0 is damaged: its checksum/);
    // The length of the first feature's name: that record can no longer be read.
    bytes[17] = (bytes[17] ?? 0) ^ 0x40;
    const unread = folder.write('unread.tfrecord', bytes);
    const others = await opened(unread, [input('x', ['n', 17, 23, 3])], { preprocess });
    assert.equal(others.count, 2);
    assert.match(others.issues?.[0]?.message ?? '', /record 0 is no tf\.train\.Example: left out/);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const length = await refused(folder.write('length.tfrecord', bytes), [
      input('x', ['n', 17, 23, 3]),
    ]);
    assert.match(length.message, /is damaged at byte 0: the length of record 0/);
    const cut = folder.write('cut.tfrecord', readFileSync(images).subarray(0, -5));
    const rest = await opened(cut, [input('x', ['n', 17, 23, 3])], { preprocess });
    assert.equal(rest.count, 2);
    assert.match(rest.issues?.[0]?.message ?? '', /is cut off: record 2/);
    const zipped = await refused(
      folder.write('a.tfrecord', Uint8Array.of(31, 139, ...new Uint8Array(30))),
      [input('x', ['n'])],
    );
    assert.match(zipped.message, /is a compressed TFRecord/);
  });
});
