import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkExternalFiles } from '../../../../server/engines/onnxruntime/linkedModel.ts';

describe('linkExternalFiles', () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
    folder = join(home, 'model');
    mkdirSync(join(folder, 'part'), { recursive: true });
    writeFileSync(join(folder, 'part', 'w.bin'), 'weights');
    writeFileSync(join(home, 'secret.bin'), 'secret');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('stands in for the folder, links resolved, and goes away', () => {
    symlinkSync(join('part', 'w.bin'), join(folder, 'soft.bin'));
    const linked = linkExternalFiles(folder, ['part/w.bin', 'soft.bin']) ?? assert.fail('refused');
    assert.equal(readFileSync(join(linked.folder, 'part', 'w.bin'), 'utf8'), 'weights');
    assert.equal(readFileSync(join(linked.folder, 'soft.bin'), 'utf8'), 'weights');
    linked.remove();
    assert.equal(existsSync(linked.folder), false);
    assert.equal(readFileSync(join(folder, 'part', 'w.bin'), 'utf8'), 'weights');
  });

  it('refuses what leaves the folder, by path or by link, and what is not there', () => {
    symlinkSync(join(home, 'secret.bin'), join(folder, 'out.bin'));
    for (const file of ['../secret.bin', join(home, 'secret.bin'), 'out.bin', 'gone.bin']) {
      assert.equal(linkExternalFiles(folder, [file]), undefined, file);
    }
    assert.equal(linkExternalFiles(folder, []), undefined);
  });
});
