import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlacement, readTargetFile } from '../../server/targetFile.ts';

const base = {
  defaults: { ops: { is_output_quantized: 'True' }, params: { is_quantized: 'True' } },
  params: {},
  op_type: {},
  supergroups: [],
  model_input: {},
  model_output: {},
};

describe('readTargetFile', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rangefinder-target-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const written = (content: unknown): string => {
    const path = join(folder, 'npu.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  it('takes bits from the first kernel, signs and granularity from flags', () => {
    const path = written({
      ...base,
      defaults: {
        ops: { is_symmetric: 'True' },
        params: { is_quantized: 'True', is_symmetric: 'False' },
        strict_symmetric: 'True',
        supported_kernels: [
          {
            activation: { bitwidth: 16, dtype: 'int' },
            param: { bitwidth: 4, dtype: 'int' },
          },
        ],
      },
      params: { weight: { is_symmetric: 'True' }, bias: { is_quantized: 'False' } },
      op_type: { Conv: { per_channel_quantization: 'True' } },
    });
    const read = readTargetFile(path);
    assert.ok(read.ok);
    const { target } = read.value;
    assert.deepEqual([target.weightBits, target.activationBits], [4, 16]);
    assert.deepEqual([target.symmetry, target.activationSymmetry], ['strict', 'strict']);
    assert.deepEqual([target.granularity, target.biasBits], ['channel', 'float']);
    assert.deepEqual([target.profile, target.placement], ['custom', path]);
  });

  it('has 8 bits, one asymmetric scale, where the file says nothing', () => {
    const read = readTargetFile(written(base));
    assert.ok(read.ok);
    const { target } = read.value;
    assert.deepEqual([target.weightBits, target.activationBits], [8, 8]);
    assert.deepEqual([target.symmetry, target.activationSymmetry], ['asymmetric', 'asymmetric']);
    assert.deepEqual([target.granularity, target.biasBits], ['tensor', 32]);
  });

  it('leaves activations in float where the kernel does', () => {
    const float = { bitwidth: 16, dtype: 'float' };
    const defaults = { ...base.defaults, supported_kernels: [{ activation: float, param: float }] };
    const read = readTargetFile(written({ ...base, defaults }));
    assert.ok(read.ok);
    assert.equal(read.value.target.activationBits, 'float');
  });

  it('names line, column and the number of further errors', () => {
    const path = written('{\n "defaults": {"ops": {}, "params": {"x": 1}},\n "nothing": 1\n}');
    const read = readTargetFile(path);
    assert.ok(!read.ok);
    assert.equal(read.error.code, 'bad-target');
    assert.match(read.error.message, /^npu\.json:2:37: .*"x".* \(and 2 more errors\)$/);
    assert.equal(read.error.where, `${path}:2:37`);
  });

  it('says that a file is not there', () => {
    const read = readTargetFile(join(folder, 'gone.json'));
    assert.ok(!read.ok);
    assert.equal(read.error.code, 'not-found');
  });

  it('reads what a placement names, unless it is built in', () => {
    assert.deepEqual(readPlacement('tflite'), { ok: true, value: undefined });
    assert.deepEqual(readPlacement(written(base)), { ok: true, value: base });
  });
});
