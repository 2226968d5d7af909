import assert from 'node:assert/strict';
import fs from 'node:fs';
import { writeFileAtomic } from '../../server/files.ts';
import { ModelFolder } from '../kit/onnxFiles.ts';

describe('writeFileAtomic', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  it('writes text, bytes and chunks', async () => {
    const contents = ['é', Buffer.from('é'), [Uint8Array.of(0xc3), Uint8Array.of(0xa9)]];
    for (const [i, content] of contents.entries()) {
      const written = await writeFileAtomic(folder.at(`${i}.txt`), content);
      assert.ok(written.ok);
      assert.equal(fs.readFileSync(folder.at(`${i}.txt`), 'utf8'), 'é');
    }
  });

  it('writes over a file only when told', async () => {
    const path = folder.file(Buffer.from('old'), 'there.json');
    const refused = await writeFileAtomic(path, 'new');
    assert.equal(refused.ok ? '' : refused.error.code, 'exists');
    assert.equal(fs.readFileSync(path, 'utf8'), 'old');
    assert.ok((await writeFileAtomic(path, 'new', { overwrite: true })).ok);
    assert.equal(fs.readFileSync(path, 'utf8'), 'new');
  });

  it('leaves nothing of what could not be written', async () => {
    const listed = folder.list();
    const failing = (function* () {
      yield new Uint8Array(10);
      throw Object.assign(new Error('full'), { code: 'ENOSPC', errno: -28 });
    })();
    const written = await writeFileAtomic(folder.at('new.bin'), failing);
    assert.equal(written.ok ? '' : written.error.code, 'disk-full');
    assert.deepEqual(folder.list(), listed);
    const nowhere = await writeFileAtomic(folder.at('none', 'new.bin'), 'x');
    assert.equal(nowhere.ok ? '' : nowhere.error.code, 'not-found');
  });
});
