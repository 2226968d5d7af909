import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileLabels } from '../../../server/data/fileLabels.ts';
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

  it('says what is expected of a table, and shows no bytes that are no text', async () => {
    for (const [name, content] of [
      ['table.csv', 'index,class,name\n0,38,gecko\n'],
      ['escape.txt', '1\n\u001b[31mred\n'],
      ['bytes.txt', Uint8Array.of(3, 0, 255, 27, 7)],
    ] as const) {
      await assert.rejects(readLabels(file(name, content)), (thrown: unknown) => {
        assert.ok(thrown instanceof BadData);
        assert.doesNotMatch(thrown.message, /\p{Cc}/u);
        assert.match(thrown.remedy ?? '', /^Labels are one integer a sample/);
        return true;
      });
    }
  });

  it('reads raw integers for pictures too', async () => {
    const names = ['a.png', 'b.png'];
    const read = await fileLabels(file('p.u8', Uint8Array.of(10, 13)), names, []);
    assert.deepEqual([read.files, read.labels], [names, Int32Array.of(10, 13)]);
  });

  it('refuses half a label and what is no integer', async () => {
    const isBad = (thrown: unknown): boolean => thrown instanceof BadData;
    await assert.rejects(readLabels(file('half.u16', Uint8Array.of(1, 2, 3))), isBad);
    await assert.rejects(readLabels(file('words.txt', '1\ncat\n')), isBad);
  });
});
