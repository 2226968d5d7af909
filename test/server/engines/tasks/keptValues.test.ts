import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineFault, type EngineTensor } from '../../../../server/engines/engine.ts';
import { KeptValues } from '../../../../server/engines/tasks/keptValues.ts';

const tensor = (...values: number[]): EngineTensor => ({
  type: 'float32',
  dims: [values.length],
  values: Float32Array.from(values),
});

describe('KeptValues', () => {
  let root: string;
  before(() => (root = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
  after(() => rmSync(root, { recursive: true, force: true }));

  const keptIn = (name: string, limitBytes: number): [KeptValues, string] => {
    const folder = join(root, name);
    const kept = new KeptValues(folder, limitBytes);
    kept.begin('x');
    return [kept, folder];
  };

  it('gives back copies, from memory and from disk', () => {
    const [kept, folder] = keptIn('both', 8); // two floats fit
    const given = tensor(1, 2);
    kept.keep(5, new Map([['x', given]]));
    assert.equal(existsSync(folder), false);
    kept.keep(9, new Map([['x', tensor(3, 4)]]));
    kept.keep(2, new Map([['x', { type: 'int64', dims: [1], values: BigInt64Array.of(-7n) }]]));
    given.values[0] = 100;
    assert.deepEqual(kept.get('x', 5), tensor(1, 2));
    assert.deepEqual(kept.get('x', 9), tensor(3, 4));
    assert.deepEqual(kept.get('x', 2).values, BigInt64Array.of(-7n));
    assert.equal(readdirSync(folder).length, 1);
    kept.forget();
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(kept.has('x'), false);
  });

  it('has the memory back of what is forgotten', () => {
    const [kept, folder] = keptIn('again', 8);
    for (let round = 0; round < 3; round++) {
      kept.begin('x');
      kept.keep(0, new Map([['x', tensor(round, 1)]]));
      kept.keep(0, new Map([['x', tensor(round, 2)]]));
      assert.deepEqual(kept.get('x', 0), tensor(round, 2));
    }
    assert.equal(existsSync(folder), false);
  });

  it('gives memory of what was dropped to the next value, and never that of one that is kept', () => {
    const [kept, folder] = keptIn('spare', 24); // six floats fit
    kept.keep(0, new Map([['x', tensor(1, 2, 3)]]));
    kept.keep(1, new Map([['x', tensor(4, 5)]]));
    kept.drop(0, ['x']);
    kept.keep(2, new Map([['x', tensor(6, 7)]]));
    kept.keep(3, new Map([['x', tensor(8)]]));
    assert.deepEqual(kept.get('x', 1), tensor(4, 5));
    assert.deepEqual(kept.get('x', 2), tensor(6, 7));
    assert.deepEqual(kept.get('x', 3), tensor(8));
    assert.throws(() => kept.get('x', 0), EngineFault);
    assert.equal(existsSync(folder), false);
    kept.keep(4, new Map([['x', tensor(9, 10)]]));
    assert.equal(readdirSync(folder).length, 1, 'three floats, two and one fill the memory');
    assert.deepEqual(kept.get('x', 4), tensor(9, 10));
    kept.forget();
  });

  it('says which value of a sample is not there', () => {
    const [kept] = keptIn('missing', 8);
    assert.throws(
      () => kept.get('x', 1),
      (thrown) =>
        thrown instanceof EngineFault && thrown.code === 'cannot-run' && thrown.where === 'x',
    );
  });

  it('keeps all values of a sample or none, and says what is wrong with the disk', () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    const kept = new KeptValues(join(file, 'below'), 8);
    kept.begin('x');
    kept.begin('y');
    assert.throws(
      () =>
        kept.keep(
          1,
          new Map([
            ['x', tensor(1, 2)],
            ['y', tensor(3)],
          ]),
        ),
      (thrown) =>
        thrown instanceof EngineFault && /cannot be written to .* \(ENOTDIR\)/.test(thrown.message),
    );
    assert.throws(() => kept.get('x', 1), EngineFault);
  });

  it('removes its folder', () => {
    const [kept, folder] = keptIn('gone', 0);
    kept.keep(0, new Map([['x', tensor(1)]]));
    assert.equal(existsSync(folder), true);
    kept.dispose();
    assert.equal(existsSync(folder), false);
  });
});
