import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementType } from '../../../server/core/graph/tensor.ts';
import type { Dimension } from '../../../server/core/graph/graph.ts';
import { openSamples, type SampleOptions } from '../../../server/data/openSamples.ts';
import type { DataFault, SampleInput, SampleSet } from '../../../server/data/samples.ts';
import { elementBytes, floatNpy, makeNpz, npyBytes } from '../../kit/npy.ts';

const input = (
  name: string,
  shape: readonly Dimension[] | undefined,
  type: ElementType = 'float32',
): SampleInput => ({ name, type, shape });

/** 0, 1, 2, ... */
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('openSamples', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);

  async function opened(
    path: string,
    inputs: readonly SampleInput[],
    options?: SampleOptions,
  ): Promise<SampleSet> {
    const samples = await openSamples(path, inputs, options);
    if (!samples.ok) assert.fail(samples.error.message);
    return samples.value;
  }
  async function refused(
    path: string,
    inputs: readonly SampleInput[],
    options?: SampleOptions,
  ): Promise<DataFault> {
    const samples = await openSamples(path, inputs, options);
    if (samples.ok) assert.fail('was opened');
    return samples.error;
  }

  for (const compress of [false, true]) {
    it(`reads an .npz by input names, with labels (${compress ? 'deflated' : 'stored'})`, async () => {
      const labels = npyBytes('<i8', [3], elementBytes(BigInt64Array.of(7n, 8n, 9n)));
      const arrays = { b: floatNpy([3, 2], upTo(6)), a: floatNpy([3], [5, 6, 7]), labels };
      await makeNpz(at('two.npz'), arrays, compress);
      const samples = await opened(at('two.npz'), [input('a', ['n']), input('b', ['n', 2])]);
      assert.equal(samples.count, 3);
      assert.equal(samples.source, 'two.npz');
      assert.equal(samples.fixedBatch, undefined);
      assert.deepEqual(samples.labels, Int32Array.of(7, 8, 9));
      assert.deepEqual(
        await samples.feeds(1),
        new Map([
          ['a', { type: 'float32', dims: [1], values: Float32Array.of(6) }],
          ['b', { type: 'float32', dims: [1, 2], values: Float32Array.of(2, 3) }],
        ]),
      );
      // A batch of two at the end holds the one sample that is left.
      assert.deepEqual((await samples.feeds(2, 2)).get('b')?.dims, [1, 2]);
      assert.deepEqual((await samples.feeds(0, 2)).get('b')?.values, Float32Array.of(0, 1, 2, 3));
      await samples.dispose();
    });
  }

  it('takes the array "x" for the only input', async () => {
    const y = npyBytes('|u1', [2], Uint8Array.of(1, 0));
    await makeNpz(at('x.npz'), { x: floatNpy([2, 1], [3, 4]), y });
    const samples = await opened(at('x.npz'), [input('images', [1, 1])]);
    assert.deepEqual((await samples.feeds(1)).get('images')?.values, Float32Array.of(4));
    assert.deepEqual(samples.labels, Int32Array.of(1, 0));
    assert.equal(samples.fixedBatch, 1);
  });

  it('does not take an input called "y" for labels', async () => {
    await makeNpz(at('y.npz'), { y: floatNpy([2, 1], [0.5, 4]) });
    const samples = await opened(at('y.npz'), [input('y', ['n', 1])]);
    assert.equal(samples.labels, undefined);
  });

  it('says which arrays there are when the input has none', async () => {
    await makeNpz(at('other.npz'), { arr_0: floatNpy([1], [1]) });
    const fault = await refused(at('other.npz'), [input('images', ['n'])]);
    assert.equal(fault.code, 'wrong-inputs');
    assert.match(fault.message, /no array for the input "images"; it has "arr_0"/);
    assert.match(fault.remedy ?? '', /"images" or "x"/);
  });

  const numberTypes: readonly (readonly [descr: string, ArrayBufferView, size: number])[] = [
    ['f2', Uint16Array.of(0x3c00, 0x4000, 0x4200), 2],
    ['f4', Float32Array.of(1, 2, 3), 4],
    ['f8', Float64Array.of(1, 2, 3), 8],
    ['i1', Int8Array.of(1, 2, 3), 1],
    ['i2', Int16Array.of(1, 2, 3), 2],
    ['i4', Int32Array.of(1, 2, 3), 4],
    ['i8', BigInt64Array.of(1n, 2n, 3n), 8],
    ['u1', Uint8Array.of(1, 2, 3), 1],
    ['u2', Uint16Array.of(1, 2, 3), 2],
    ['u4', Uint32Array.of(1, 2, 3), 4],
    ['u8', BigUint64Array.of(1n, 2n, 3n), 8],
  ];
  for (const [descr, values, size] of numberTypes) {
    it(`reads ${descr} in both byte orders, as floats and as integers`, async () => {
      for (const order of ['<', '>'] as const) {
        const file = at(`${order === '<' ? 'little' : 'big'}.npy`);
        writeFileSync(file, npyBytes(`${order}${descr}`, [3], elementBytes(values, order, size)));
        const floats = await opened(file, [input('x', ['n'])]);
        assert.deepEqual((await floats.feeds(0, 3)).get('x')?.values, Float32Array.of(1, 2, 3));
        const wholes = await opened(file, [input('x', ['n'], 'int64')]);
        const expected = BigInt64Array.of(1n, 2n, 3n);
        assert.deepEqual((await wholes.feeds(0, 3)).get('x')?.values, expected);
      }
    });
  }

  it('reads bool, and gives float16 inputs floats', async () => {
    writeFileSync(at('b.npy'), npyBytes('|b1', [2], Uint8Array.of(1, 0)));
    const bools = await opened(at('b.npy'), [input('x', ['n'], 'bool')]);
    assert.deepEqual((await bools.feeds(0, 2)).get('x')?.values, Uint8Array.of(1, 0));
    const halves = await opened(at('b.npy'), [input('x', ['n'], 'float16')]);
    assert.deepEqual(
      await halves.feeds(0),
      new Map([['x', { type: 'float16', dims: [1], values: Float32Array.of(1) }]]),
    );
  });

  it('turns arrays in Fortran order round', async () => {
    // [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]], first axis fastest.
    const columns = Float32Array.of(0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11);
    writeFileSync(at('f.npy'), npyBytes('<f4', [2, 2, 3], elementBytes(columns), true));
    const samples = await opened(at('f.npy'), [input('x', ['n', 2, 3])]);
    assert.deepEqual(
      (await samples.feeds(1)).get('x')?.values,
      Float32Array.of(6, 7, 8, 9, 10, 11),
    );
  });

  it('refuses numbers that the input cannot hold', async () => {
    writeFileSync(at('n.npy'), floatNpy([2], [300, 0.5]));
    const samples = await opened(at('n.npy'), [input('x', ['n'], 'uint8')]);
    await assert.rejects(samples.feeds(0), /"x" takes uint8, and the data has 300/);
    await assert.rejects(samples.feeds(1), /the data has 0\.5/);
  });

  it('feeds each sample as the whole input where that has no batch', async () => {
    writeFileSync(at('w.npy'), floatNpy([2, 3], upTo(6)));
    const samples = await opened(at('w.npy'), [input('x', [3])]);
    assert.equal(samples.fixedBatch, 1);
    assert.deepEqual((await samples.feeds(1)).get('x'), {
      type: 'float32',
      dims: [3],
      values: Float32Array.of(3, 4, 5),
    });
  });

  it('keeps to a batch that the model insists on', async () => {
    writeFileSync(at('four.npy'), floatNpy([4, 1], upTo(4)));
    assert.equal((await opened(at('four.npy'), [input('x', [2, 1])])).fixedBatch, 2);
    const fault = await refused(at('four.npy'), [input('x', [3, 1])]);
    assert.match(fault.message, /takes 3 samples at a time.*has 4/);
  });

  it('explains shapes that do not fit', async () => {
    writeFileSync(at('hwc.npy'), floatNpy([1, 4, 5, 3], upTo(60)));
    const last = await refused(at('hwc.npy'), [input('x', ['n', 3, 4, 5])]);
    assert.equal(last.code, 'wrong-shape');
    assert.match(last.message, /samples of \[4, 5, 3\], and the input "x" takes \[n, 3, 4, 5\]/);
    assert.match(last.remedy ?? '', /channels last: save x\.transpose\(0, 3, 1, 2\)/);
    writeFileSync(at('chw.npy'), floatNpy([1, 3, 4, 5], upTo(60)));
    const first = await refused(at('chw.npy'), [input('x', ['n', 4, 5, 3])]);
    assert.match(first.remedy ?? '', /channels first: save x\.transpose\(0, 2, 3, 1\)/);
    writeFileSync(at('one.npy'), floatNpy([3, 4, 5], upTo(60)));
    const single = await refused(at('one.npy'), [input('x', [1, 3, 4, 5])]);
    assert.match(single.remedy ?? '', /one sample: add an axis/);
    const other = await refused(at('one.npy'), [input('x', ['n', 2, 10])]);
    assert.match(other.remedy ?? '', /save the array as \[3, 2, 10\]/);
    const open = await refused(at('one.npy'), [input('x', ['n', 10, undefined, 1])]);
    assert.match(open.remedy ?? '', /save the array as \[3, 10, \?, 1\]/);
  });

  it('advises no shape that the values cannot take', async () => {
    writeFileSync(at('few.npy'), floatNpy([3, 4, 5], upTo(60)));
    const fixed = await refused(at('few.npy'), [input('x', ['n', 40, 40, 3])]);
    assert.match(fixed.remedy ?? '', /^A sample has 20 values, and the input takes 4,800: make/);
    const open = await refused(at('few.npy'), [input('x', ['n', 7, undefined, 1])]);
    assert.match(
      open.remedy ?? '',
      /takes a multiple of 7: make the samples anew as \[3, 7, \?, 1\]/,
    );
  });

  it('says of labels found by their name that they seem to begin with 1', async () => {
    const labels = (...all: bigint[]) =>
      npyBytes('<i8', [3], elementBytes(BigInt64Array.from(all)));
    const told = async (name: string, own: Buffer): Promise<string> => {
      await makeNpz(at(name), { a: floatNpy([3], [5, 6, 7]), labels: own });
      const samples = await opened(at(name), [input('a', ['n'])], { classCount: 3 });
      assert.equal(samples.labels, undefined);
      return samples.issues?.map(({ message }) => message).join() ?? '';
    };
    assert.match(
      await told('from1.npz', labels(1n, 2n, 3n)),
      /has the label 3, .*0 to 2\. The labels seem to begin with 1: take 1 off\. They are not used/,
    );
    assert.match(await told('from0.npz', labels(0n, 2n, 3n)), /0 to 2\. They are not used as/);
  });

  it('counts labels and samples one by one', async () => {
    writeFileSync(at('single.npy'), floatNpy([1], [1]));
    writeFileSync(at('one.txt'), '1\n');
    writeFileSync(at('three.txt'), '1\n2\n3\n');
    writeFileSync(at('pair.npy'), floatNpy([2], [1, 2]));
    const many = await refused(at('single.npy'), [input('x', ['n'])], { labels: at('three.txt') });
    assert.equal(many.message, 'There are 3 labels and 1 sample.');
    const one = await refused(at('pair.npy'), [input('x', ['n'])], { labels: at('one.txt') });
    assert.equal(one.message, 'There is 1 label and 2 samples.');
  });

  it('refuses inputs of different counts, labels of another count, and no samples', async () => {
    await makeNpz(at('c.npz'), { a: floatNpy([2], [1, 2]), b: floatNpy([3], [1, 2, 3]) });
    const counts = await refused(at('c.npz'), [input('a', ['n']), input('b', ['n'])]);
    assert.match(counts.message, /"a" has 2 samples and "b" has 3/);
    writeFileSync(at('l.txt'), '1\n2\n3\n');
    writeFileSync(at('two.npy'), floatNpy([2], [1, 2]));
    const labels = await refused(at('two.npy'), [input('x', ['n'])], { labels: at('l.txt') });
    assert.match(labels.message, /3 labels and 2 samples/);
    writeFileSync(at('none.npy'), floatNpy([0, 2], []));
    assert.equal((await refused(at('none.npy'), [input('x', ['n', 2])])).code, 'no-data');
  });

  it('reads labels from text, CSV and .npy', async () => {
    writeFileSync(at('x.npy'), floatNpy([2], [1, 2]));
    writeFileSync(at('l.csv'), 'label\r\n4\r\n-5\r\n');
    writeFileSync(at('l.npy'), npyBytes('<f8', [2], elementBytes(Float64Array.of(4, -5))));
    for (const file of ['l.csv', 'l.npy']) {
      const samples = await opened(at('x.npy'), [input('x', ['n'])], { labels: at(file) });
      assert.deepEqual(samples.labels, Int32Array.of(4, -5), file);
    }
    writeFileSync(at('bad.txt'), '4\nfour\n');
    const fault = await refused(at('x.npy'), [input('x', ['n'])], { labels: at('bad.txt') });
    assert.deepEqual([fault.code, fault.where], ['wrong-labels', 'line 2']);
  });

  it('gives synthetic samples of a seed', async () => {
    const first = await opened('synthetic', [input('x', ['n', 3])]);
    const again = await opened('synthetic:1', [input('x', ['n', 3])]);
    const other = await opened('synthetic:2', [input('x', ['n', 3])]);
    assert.equal(first.source, 'synthetic, seed 1');
    assert.deepEqual(await first.feeds(3), await again.feeds(3));
    assert.notDeepEqual(await first.feeds(3), await other.feeds(3));
    assert.deepEqual((await first.feeds(0)).get('x')?.dims, [1, 3]);
  });

  it('says what cannot be used yet, and what can', async () => {
    writeFileSync(at('data.xlsx'), 'x');
    const fault = await refused(at('data.xlsx'), [input('x', ['n'])]);
    assert.equal(fault.code, 'not-supported-yet');
    assert.match(fault.remedy ?? '', /\.npz.*\.npy.*synthetic/);
  });

  it('says what does not exist', async () => {
    const fault = await refused(at('gone.npz'), [input('x', ['n'])]);
    assert.equal(fault.code, 'no-data');
    assert.match(fault.message, /gone\.npz does not exist/);
    writeFileSync(at('x.npy'), floatNpy([1], [1]));
    const labels = await refused(at('x.npy'), [input('x', ['n'])], { labels: at('nolabels.txt') });
    assert.match(labels.message, /nolabels\.txt does not exist/);
  });

  it('refuses an .npy for a model with two inputs', async () => {
    writeFileSync(at('x.npy'), floatNpy([1], [1]));
    const fault = await refused(at('x.npy'), [input('a', ['n']), input('b', ['n'])]);
    assert.match(fault.message, /has 2 inputs \("a", "b"\)/);
  });

  it('refuses files cut off anywhere', async () => {
    const whole = floatNpy([2, 2], upTo(4));
    for (let end = 0; end < whole.length; end++) {
      writeFileSync(at('cut.npy'), whole.subarray(0, end));
      assert.equal(
        (await refused(at('cut.npy'), [input('x', ['n', 2])])).code,
        'bad-npy',
        `${end}`,
      );
    }
    await makeNpz(at('whole.npz'), { x: whole });
    const zip = readFileSync(at('whole.npz'));
    for (let end = 0; end < zip.length; end += 5) {
      writeFileSync(at('cut.npz'), zip.subarray(0, end));
      assert.equal(
        (await refused(at('cut.npz'), [input('x', ['n', 2])])).code,
        'bad-npz',
        `${end}`,
      );
    }
  });

  it('refuses element types that no model takes', async () => {
    for (const descr of ['<c8', '|S5', '<U3', '|O', '|V2']) {
      writeFileSync(at('odd.npy'), npyBytes(descr, [1], new Uint8Array(16)));
      const fault = await refused(at('odd.npy'), [input('x', ['n'])]);
      assert.equal(fault.code, 'bad-npy');
      assert.ok(fault.message.includes(`"${descr}"`), fault.message);
    }
  });
});
