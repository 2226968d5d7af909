import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import { fileAtRevision } from '../../src/gitFiles.ts';
import { FakeRevisions } from './fakeHost.ts';
import { fileUri } from './fileUri.ts';

const file = fileUri('/models/net.onnx');

describe('a file at a revision', () => {
  it('lies in a folder of its own until it is let go, as old as its commit', async () => {
    const revisions = new FakeRevisions();
    const other = await fileAtRevision(revisions, file, await revisions.last());
    assert.equal(other.title, 'net.onnx at bbbbbbb (Equalize)');
    assert.equal(other.revision, 'bbbbbbb');
    assert.equal(readFileSync(other.path, 'utf8'), `/models/net.onnx at ${'b'.repeat(40)}`);
    assert.equal(statSync(other.path).mtimeMs, 86_400_000);
    other.dispose();
    while (existsSync(dirname(other.path))) await wait(10); // or the test runs out of its time
  });

  it('brings files beside it from the same commit, and none from elsewhere', async () => {
    const revisions = new FakeRevisions();
    const other = await fileAtRevision(revisions, file, await revisions.last());
    const beside = join(dirname(other.path), 'weights/net.bin');
    assert.equal(await other.fetch?.('weights/net.bin'), true);
    assert.equal(readFileSync(beside, 'utf8'), `/models/weights/net.bin at ${'b'.repeat(40)}`);
    assert.equal(await other.fetch?.(beside), true, 'by its path, too');
    assert.equal(await other.fetch?.('missing.bin'), false);
    assert.equal(await other.fetch?.('../elsewhere.bin'), false);
    assert.equal(existsSync(join(dirname(dirname(other.path)), 'elsewhere.bin')), false);
    other.dispose();
  });
});
