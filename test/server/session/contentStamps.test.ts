import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentOf } from '../../../server/session/contentOf.ts';
import { measureKey } from '../../../server/session/measureCache.ts';
import { perTensor } from '../../kit/target.ts';

describe('what is measured is known by the files that it comes from', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => {
    writeFileSync(at(name), text);
    // Two writings within a tick of the disk's clock must differ too.
    utimesSync(at(name), 0, ++seconds);
  };
  let seconds = 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rangefinder-content-'));
    mkdirSync(at('pictures/cats'), { recursive: true });
    write('pictures/cats/a.png', 'one');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('a picture in the folder of a class', () => {
    const before = contentOf(at('pictures'));
    assert.equal(contentOf(at('pictures')), before);
    write('pictures/cats/a.png', 'two');
    const rewritten = contentOf(at('pictures'));
    assert.notEqual(rewritten, before);
    write('pictures/cats/b.png', 'three');
    assert.notEqual(contentOf(at('pictures')), rewritten);
  });

  it('nothing that is hidden: the system puts files into folders that are looked at', () => {
    const before = contentOf(at('pictures'));
    write('pictures/.DS_Store', 'x');
    write('pictures/cats/Thumbs.db', 'x');
    assert.equal(contentOf(at('pictures')), before);
  });

  it('a file, and nothing where there is none', () => {
    write('labels.txt', '0');
    const before = contentOf(at('labels.txt'));
    write('labels.txt', '1');
    assert.notEqual(contentOf(at('labels.txt')), before);
    assert.deepEqual([contentOf(undefined), contentOf(at('gone'))], ['', '']);
  });

  it('the quantsim configuration of the target', () => {
    const keyFor = (placement: string): string =>
      measureKey({
        fileHash: 'f',
        changes: [],
        target: { ...perTensor, placement },
        dataId: 'd',
      });
    const path = at('hw.json');
    const missing = keyFor(path);
    write('hw.json', '{}');
    const empty = keyFor(path);
    write('hw.json', '{ "defaults": {} }');
    assert.equal(new Set([missing, empty, keyFor(path), keyFor('default')]).size, 4);
    assert.equal(keyFor('default'), keyFor('default'));
  });
});
