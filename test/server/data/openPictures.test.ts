import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { defaultPreprocessing } from '../../../server/data/preprocessing.ts';
import { BadSample } from '../../../server/data/samples.ts';
import { pictureFile, pillow } from '../../kit/pictures.ts';
import { input, opened, refused, SampleFolder, valuesOf } from '../../kit/samples.ts';

/** Pixels as they are: no resizing, no scaling. */
const asIs = { resize: 'none', size: [17, 23], scale: 1 };
const nhwc = [input('x', ['n', 17, 23, 3])];
const plain = { preprocess: { ...asIs, layout: 'NHWC' } };
const rgb = [...Buffer.from(pillow.rgb, 'base64')];

describe('openSamples of pictures', () => {
  const folder = new SampleFolder();
  const picture = (name: string, of = 'rgb.png'): string => folder.write(name, pictureFile(of));

  it('reads a folder in the order of the names, without labels', async () => {
    picture('b.png');
    picture('a.bmp', 'rgb.bmp');
    folder.write('.DS_Store', 'x');
    folder.write('notes.txt', 'x');
    const samples = await opened(folder.path, nhwc, plain);
    assert.equal(samples.count, 2);
    assert.equal(samples.labels, undefined);
    assert.equal(samples.nameOf?.(0), 'a.bmp');
    assert.deepEqual(await valuesOf(samples, 1), rgb);
    assert.deepEqual(
      samples.issues?.map(({ code }) => code),
      ['other-files'],
    );
    const both = (await samples.feeds([1, 0])).get('x');
    assert.deepEqual(both?.dims, [2, 17, 23, 3]);
  });

  it('gives channels first, blue first, scaled', async () => {
    const path = picture('one.png');
    const preprocess = { ...asIs, colour: 'BGR', scale: 2, mean: [1, 2, 3] };
    const samples = await opened(path, [input('x', [1, 3, 17, 23])], { preprocess });
    const [red = 0, green = 0, blue = 0] = rgb;
    const values = await valuesOf(samples, 0);
    assert.equal(values[0], 2 * blue - 1);
    assert.equal(values[17 * 23], 2 * green - 2);
    assert.equal(values[2 * 17 * 23], 2 * red - 3);
    assert.deepEqual(
      samples.issues?.map(({ code }) => code),
      ['one-sample'],
    );
  });

  it('rounds for inputs of bytes', async () => {
    const path = picture('one.png');
    const preprocess = { ...asIs, layout: 'NHWC', scale: 0.5, mean: 100 };
    const samples = await opened(path, [input('x', [1, 17, 23, 3], 'int8')], { preprocess });
    const half = (value: number): number => {
      const floor = Math.floor(value);
      return value - floor === 0.5 && floor % 2 !== 0 ? floor + 1 : floor;
    };
    assert.deepEqual(
      await valuesOf(samples, 0),
      rgb.map((value) => half(value / 2 - 100)),
    );
  });

  it('numbers sub-folders in the order of their names', async () => {
    for (const name of ['dog/1.png', 'cat/2.png', 'cat/10.png']) picture(name);
    const samples = await opened(folder.path, nhwc, plain);
    assert.deepEqual(samples.labels, Int32Array.of(0, 0, 1));
    assert.deepEqual(samples.classes, ['cat', 'dog']);
    assert.deepEqual(
      [0, 1, 2].map((i) => samples.nameOf?.(i)),
      ['cat/10.png', 'cat/2.png', 'dog/1.png'],
    );
    const listed = folder.write('classes.list', 'bird\ndog\ncat\n');
    const other = await opened(folder.path, nhwc, { ...plain, labels: listed });
    assert.deepEqual(other.labels, Int32Array.of(2, 2, 1));
  });

  it('takes labels from a CSV of file names', async () => {
    for (const name of ['a.png', 'b.png', 'c.png']) picture(name);
    const numbers = folder.write('../labels-test.csv', 'file,label\nb.png,7\na.png,2\n');
    const samples = await opened(folder.path, nhwc, { ...plain, labels: numbers });
    assert.deepEqual(samples.labels, Int32Array.of(2, 7));
    assert.match(samples.issues?.[0]?.message ?? '', /1 of 3 .* no label .* such as c\.png/);
    folder.write('labels.csv', '"a.png";"zebra"\nb.png;ape\nc.png;zebra\n');
    const named = await opened(folder.path, nhwc, plain);
    assert.deepEqual(named.labels, Int32Array.of(1, 0, 1));
    assert.deepEqual(named.classes, ['ape', 'zebra']);
  });

  it('names what is left out when a picture is damaged', async () => {
    picture('a.png');
    picture('b.jpg', 'cut.jpg');
    const samples = await opened(folder.path, nhwc, plain);
    await assert.rejects(samples.feeds(1), (thrown) => {
      assert.ok(thrown instanceof BadSample);
      assert.match(thrown.message, /b\.jpg .*Premature end/);
      return true;
    });
    assert.deepEqual(await valuesOf(samples, 0), rgb);
  });

  it('leaves out what does not fill a batch of fixed size', async () => {
    for (const name of ['a.png', 'b.png', 'c.png']) picture(name);
    const samples = await opened(folder.path, [input('x', [2, 17, 23, 3])], plain);
    assert.deepEqual([samples.count, samples.fixedBatch], [2, 2]);
    assert.match(samples.issues?.[0]?.message ?? '', /2 samples at a time: the last 1 of 3/);
  });

  it('flattens pictures for a dense input', async () => {
    const path = picture('one.png', 'grey.png');
    const preprocess = { ...asIs, colour: 'grey' };
    const samples = await opened(path, [input('x', ['n', 17 * 23])], { preprocess });
    assert.deepEqual((await samples.feeds(0)).get('x')?.dims, [1, 17 * 23]);
    assert.deepEqual(await valuesOf(samples, 0), [...Buffer.from(pillow.grey, 'base64')]);
  });

  it('names a guess as one', async () => {
    const path = picture('one.png');
    const samples = await opened(path, [input('x', [1, 3, 17, 23])]);
    const guess = samples.issues?.find(({ code }) => code === 'guessed-preprocessing');
    assert.match(guess?.message ?? '', /is a guess .*nothing in the model says how/);
  });

  it('guesses what is not said as if nothing was', async () => {
    const path = picture('one.png');
    const guess = {
      why: 'pixels of some mean',
      preprocessing: { ...defaultPreprocessing, scale: 0.5, mean: [1, 2, 3], std: 4 },
    };
    const takes = [input('x', [1, 3, 17, 23])];
    const samples = await opened(path, takes, { guess, preprocess: { colour: 'BGR' } });
    const { colour, scale, mean, std } = samples.preprocessing ?? {};
    assert.deepEqual(
      { colour, scale, mean, std },
      {
        colour: 'BGR',
        scale: 0.5,
        mean: [3, 2, 1],
        std: 4,
      },
    );
    assert.match(
      samples.issues?.[0]?.message ?? '',
      /^Preprocessing is a guess but for colour \(.*BGR, .* × 0\.5 − 3 2 1 ÷ 4\): pixels of some mean\./,
    );
  });

  const fine = [input('x', [1, 3, 8, 8])];
  it('says what is wrong with a folder', async () => {
    assert.match((await refused(folder.path, fine)).message, /is empty/);
    folder.write('a.gif', 'x');
    assert.match((await refused(folder.path, fine)).message, /a\.gif is none/);
    picture('x/y/deep.png');
    const nested = await refused(folder.path, fine);
    assert.equal(nested.code, 'nested-folders');
    assert.match(nested.message, /x has a folder in it \("y"\)/);
    picture('beside.png');
    assert.equal((await refused(folder.path, fine)).code, 'mixed-folder');
  });

  it('says what the model takes and what came', async () => {
    const path = picture('one.png');
    const grey = await refused(path, [input('x', [1, 1, 8, 8])], {
      preprocess: { colour: 'RGB', size: 8 },
    });
    assert.match(
      grey.message,
      /"x" takes \[1, 1, 8, 8\], and pictures are made into \[1, 3, 8, 8\]/,
    );
    const last = await refused(path, [input('x', [1, 8, 8, 3])], {
      preprocess: { layout: 'NCHW' },
    });
    assert.equal(last.code, 'wrong-shape');
    const open = await refused(path, [input('x', ['n', 3, 'height', 'width'])]);
    assert.equal(open.code, 'dynamic-dimension');
    assert.match(open.message, /leaves the dimension "height" \(axis 2\) open/);
    assert.match(open.remedy ?? '', /--dims height=SIZE/);
    const dims = { height: 12, width: 10 };
    const chosen = await opened(path, [input('x', ['n', 3, 'height', 'width'])], { dims });
    assert.deepEqual((await chosen.feeds(0)).get('x')?.dims, [1, 3, 12, 10]);
    const stranger = await refused(path, fine, { dims: { depth: 3 } });
    assert.equal(stranger.code, 'unknown-dimension');
    const two = await refused(path, [...fine, input('z', [1])]);
    assert.equal(two.code, 'wrong-inputs');
    const typed = await refused(path, fine, { preprocess: { type: 'uint8' } });
    assert.equal(typed.code, 'wrong-type');
    const field = await refused(path, fine, { preprocess: { sizes: 3 } });
    assert.equal(field.code, 'bad-preprocessing');
  });

  it('says which labels do not fit', async () => {
    for (const name of ['a.png', 'b.png']) picture(name);
    const list = folder.write('../labels-test.txt', '0\n1\n2\n');
    const many = await refused(folder.path, nhwc, { ...plain, labels: list });
    assert.match(many.message, /has 3 labels, and there are 2 pictures/);
    const outside = folder.write('../labels-test.txt', '1\n10\n');
    const fault = await refused(folder.path, nhwc, { ...plain, labels: outside, classCount: 10 });
    assert.match(fault.message, /Sample 1 has the label 10, and the model has 10 classes, 0 to 9/);
    assert.match(fault.remedy ?? '', /begin with 1/);
    const strange = folder.write('../labels-test.csv', 'z.png,1\n');
    assert.match(
      (await refused(folder.path, nhwc, { ...plain, labels: strange })).message,
      /names none of the 2/,
    );
  });

  it('reads pictures from an array where preprocessing is asked for', async () => {
    const path = folder.write('two.u8', Uint8Array.from([...rgb, ...rgb]));
    const raw = { shape: [17, 23, 3] };
    const inputs = [input('x', ['n', 3, 17, 23])];
    const samples = await opened(path, inputs, { raw, preprocess: { ...asIs, scale: 0.5 } });
    assert.equal(samples.count, 2);
    assert.equal((await valuesOf(samples, 1))[17 * 23], (rgb[1] ?? 0) / 2);
    mkdirSync(folder.at('none'));
  });
});
