import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryData } from '../../../server/core/graph/tensor.ts';
import { SpillFile, sweepSpills } from '../../../server/session/spill.ts';

describe('SpillFile', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'spill-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gives back what was put in, whole and in parts', () => {
    const file = new SpillFile(folder, 'a.bin');
    const first = file.add(new MemoryData(Uint8Array.of(1, 2, 3)));
    const second = file.add(new MemoryData(Uint8Array.of(4, 5, 6, 7)));
    assert.deepEqual([...first.read()], [1, 2, 3]);
    assert.deepEqual([...second.read()], [4, 5, 6, 7]);
    assert.deepEqual([...second.read(1, 3)], [5, 6]);
    assert.equal(second.sizeBytes, 4);
    file.dispose();
  });

  it('copies more than one piece', () => {
    const file = new SpillFile(folder, 'b.bin');
    const bytes = new Uint8Array(9 * 2 ** 20).map((_, i) => i % 251);
    const spilled = file.add(new MemoryData(bytes));
    assert.deepEqual(Buffer.from(spilled.read()), Buffer.from(bytes));
    file.dispose();
  });

  it('does not copy what lies in it already', () => {
    const file = new SpillFile(folder, 'c.bin');
    const once = file.add(new MemoryData(Uint8Array.of(1)));
    assert.equal(file.add(once), once);
    assert.ok(SpillFile.holds(once));
    assert.ok(!SpillFile.holds(new MemoryData(Uint8Array.of(1))));
    file.dispose();
  });

  it('has room up to its limit', () => {
    const file = new SpillFile(folder, 'd.bin', 10);
    file.add(new MemoryData(new Uint8Array(7)));
    assert.ok(file.hasRoom(3));
    assert.ok(!file.hasRoom(4));
    file.dispose();
  });

  it('makes no file before it is needed, and leaves none', () => {
    const file = new SpillFile(join(folder, 'deep'), 'e.bin');
    assert.ok(!existsSync(join(folder, 'deep')));
    const data = file.add(new MemoryData(Uint8Array.of(1)));
    file.dispose();
    assert.deepEqual(readdirSync(join(folder, 'deep')), []);
    assert.throws(() => data.read(), /closed/);
  });
});

describe('sweepSpills', () => {
  it('removes what servers that ended have left, and nothing else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sweep-'));
    const { pid: ended } = spawnSync(process.execPath, ['--version']);
    const names = [
      `undo-${ended}-1.bin`,
      `dry-${ended}-2.bin`,
      `undo-${process.pid}-1.bin`,
      'notes.txt',
    ];
    for (const name of names) writeFileSync(join(folder, name), '');
    sweepSpills(folder);
    assert.deepEqual(readdirSync(folder).sort(), ['notes.txt', `undo-${process.pid}-1.bin`].sort());
    rmSync(folder, { recursive: true });
  });

  it('does not mind a folder that is not there', () => {
    sweepSpills(join(tmpdir(), 'no-such-folder'));
  });
});
