import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLabels } from '../../../server/data/labels.ts';
import { BadData } from '../../../server/data/samples.ts';

describe('readLabels', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('reads raw integers, little-endian, by the ending of the file', async () => {
    const bytes = Uint8Array.of(1, 0, 0, 2);
    assert.deepEqual(await readLabels(file('a.u8', bytes)), Int32Array.of(1, 0, 0, 2));
    assert.deepEqual(await readLabels(file('a.u16', bytes)), Int32Array.of(1, 512));
    assert.deepEqual(await readLabels(file('a.I32', bytes)), Int32Array.of(1 + 2 * 2 ** 24));
  });

  it('reads lines, the first of which may be a head', async () => {
    assert.deepEqual(await readLabels(file('a.txt', 'label\n3\n7\n')), Int32Array.of(3, 7));
  });

  it('refuses half a label and what is no integer', async () => {
    const isBad = (thrown: unknown): boolean => thrown instanceof BadData;
    await assert.rejects(readLabels(file('half.u16', Uint8Array.of(1, 2, 3))), isBad);
    await assert.rejects(readLabels(file('words.txt', '1\ncat\n')), isBad);
  });
});
