import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Npz } from '../../../server/data/npz.ts';
import type { NamedArray } from '../../../server/data/writeNpy.ts';
import { writeOutputs } from '../../../server/data/writeOutputs.ts';

const outputs: readonly NamedArray[] = [
  {
    name: '/fc/Add_output_0',
    type: 'float32',
    dims: [2, 2],
    values: Float32Array.of(1, -2, 0.5, 4),
  },
  { name: 'half:0', type: 'float16', dims: [2], values: Float32Array.of(1.5, 65504) },
  { name: 'größe', type: 'int64', dims: [], values: BigInt64Array.of(-(2n ** 40n)) },
  { name: 'mask', type: 'bool', dims: [3], values: Uint8Array.of(1, 0, 1) },
  { name: 'nothing', type: 'float64', dims: [0, 4], values: new Float64Array(0) },
];

/** Python with NumPy, where the machine has one: an independent reader. */
const python = process.env['RANGEFINDER_PYTHON'] ?? 'python3';
const hasNumpy = (): boolean => {
  try {
    execFileSync(python, ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('writeOutputs', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('writes an .npz that our reader reads, under the outputs own names', async () => {
    const path = join(folder, 'out.npz');
    await writeOutputs(path, outputs);
    const npz = await Npz.open(path);
    assert.deepEqual(
      npz.names,
      outputs.map(({ name }) => name),
    );
    for (const { name, type, dims, values } of outputs) {
      const array = (await npz.array(name)) ?? assert.fail(name);
      assert.deepEqual([array.type, array.dims], [type, dims]);
      assert.deepEqual(await array.read(0, values.length), values);
    }
    await npz.dispose();
    assert.deepEqual(readdirSync(folder), ['out.npz']);
  });

  it('writes an .npz that NumPy reads', async function () {
    if (!hasNumpy()) this.skip();
    const path = join(folder, 'out.npz');
    await writeOutputs(path, outputs);
    const script = `
import json, numpy, sys, zipfile
assert zipfile.ZipFile(sys.argv[1]).testzip() is None
arrays = numpy.load(sys.argv[1])
print(json.dumps([[name, str(arrays[name].dtype), list(arrays[name].shape), arrays[name].ravel().tolist()] for name in arrays]))
`;
    const read: unknown = JSON.parse(
      execFileSync(python, ['-c', script, path], { encoding: 'utf8' }),
    );
    assert.deepEqual(read, [
      ['/fc/Add_output_0', 'float32', [2, 2], [1, -2, 0.5, 4]],
      ['half:0', 'float16', [2], [1.5, 65504]],
      ['größe', 'int64', [], [-(2 ** 40)]],
      ['mask', 'bool', [3], [true, false, true]],
      ['nothing', 'float64', [0, 4], []],
    ]);
  });

  it('writes the same bytes for the same outputs', async () => {
    await writeOutputs(join(folder, 'a.npz'), outputs);
    await writeOutputs(join(folder, 'b.npz'), outputs);
    const [a, b] = ['a.npz', 'b.npz'].map((name) => readFileSync(join(folder, name)));
    assert.deepEqual(a, b);
  });

  it('writes JSON, numbers that are not finite as strings', async () => {
    const path = join(folder, 'out.json');
    const values = Float32Array.of(1.5, NaN, Infinity, -Infinity);
    await writeOutputs(path, [
      { name: 'y', type: 'float32', dims: [2, 2], values },
      { name: 'i', type: 'int64', dims: [1], values: BigInt64Array.of(7n) },
      { name: 'none', type: 'int8', dims: [0], values: new Int8Array(0) },
    ]);
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {
      outputs: [
        { name: 'y', type: 'float32', shape: [2, 2], data: [1.5, 'nan', 'inf', '-inf'] },
        { name: 'i', type: 'int64', shape: [1], data: [7] },
        { name: 'none', type: 'int8', shape: [0], data: [] },
      ],
    });
  });

  it('leaves the file as it was, and nothing beside it, when writing fails', async () => {
    const path = join(folder, 'out.npz');
    writeFileSync(path, 'mine');
    const words = { name: 'w', type: 'string' as const, dims: [1], values: new Uint8Array(1) };
    await assert.rejects(writeOutputs(path, [...outputs, words]), /w is string/);
    assert.deepEqual(readdirSync(folder), ['out.npz']);
    assert.equal(readFileSync(path, 'utf8'), 'mine');
  });
});
