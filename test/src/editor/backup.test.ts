import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asLog, Backup, type BackupPlace } from '../../../src/editor/backup.ts';
import { log } from './documentBench.ts';

const { uri } = log;
const [first] = log.changes;
assert.ok(first);
const older = { ...log, changes: [first] };

describe('the backup of a model', () => {
  let folder: string;
  const backup = (unnamed: BackupPlace['unnamed'] = 'always', of = uri): Backup =>
    new Backup(of, { folder: join(folder, 'unsaved'), unnamed });
  const files = (): string[] => readdirSync(join(folder, 'unsaved'));

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rf-backup-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read by the name that VS Code was given', async () => {
    const { id } = await backup().write(log);
    assert.deepEqual(await backup('never').read(id), log);
    assert.equal(files().length, 1);
  });

  it('is found where VS Code does not name it, and by its own model alone', async () => {
    await backup().write(log);
    assert.deepEqual(await backup().read(undefined), log);
    assert.deepEqual(await backup('afterCrash').read(undefined), log);
    assert.equal(await backup('never').read(undefined), undefined);
    assert.equal(await backup('always', `${uri}2`).read(undefined), undefined);
  });

  it('is the newest, also where VS Code names one before', async () => {
    const mine = backup();
    const before = await mine.write(older);
    await mine.write(log);
    before.delete();
    assert.deepEqual(await backup().read(before.id), log);
  });

  it('holds each of two models', async () => {
    const other = { ...older, uri: 'file:///models/other.onnx' };
    const [a, b] = await Promise.all([
      backup().write(log),
      backup('always', other.uri).write(other),
    ]);
    assert.notEqual(a.id, b.id);
    assert.deepEqual(await backup().read(undefined), log);
    assert.deepEqual(await backup('always', other.uri).read(undefined), other);
  });

  it('is there until we say that it is not needed, whatever VS Code says', async () => {
    const mine = backup();
    const { id, delete: remove } = await mine.write(log);
    remove();
    assert.deepEqual(await backup().read(id), log);
    await mine.remove();
    assert.equal(await backup().read(id), undefined);
    assert.deepEqual(files(), []);
  });

  it('is removed behind a writing that goes on', async () => {
    const mine = backup();
    await Promise.all([mine.write(log), mine.remove()]);
    assert.deepEqual(files(), []);
  });

  it('is removed by the window that restored it', async () => {
    await backup().write(log);
    const next = backup();
    await next.read(undefined);
    await next.remove();
    assert.deepEqual(files(), []);
  });

  it('is left alone by a window that is gone, once another has written it', async () => {
    const before = backup();
    await before.write(older);
    await backup().write(log);
    await before.remove();
    before.close();
    assert.deepEqual(await backup('afterCrash').read(undefined), log);
    const stranger = backup();
    await stranger.remove();
    assert.deepEqual(await backup().read(undefined), log);
  });

  it('is opened only when VS Code names it, once the window was closed with it', async () => {
    const mine = backup('afterCrash');
    const { id } = await mine.write(log);
    mine.close();
    assert.equal(await backup('afterCrash').read(undefined), undefined);
    assert.deepEqual(await backup('afterCrash').read(id), log);
    assert.deepEqual(await backup('always').read(undefined), log);
    const next = backup('afterCrash');
    await next.read(id);
    await next.write(log);
    assert.deepEqual(await backup('afterCrash').read(undefined), log, 'it crashed then');
  });

  it('is none where there is nothing to be done again, or no log in it', async () => {
    await backup().write({ ...log, changes: [], saved: log.changes });
    assert.equal(await backup().read(undefined), undefined);
    const path = join(folder, 'other');
    writeFileSync(path, '{');
    assert.equal(await backup().read(pathToFileURL(path).href), undefined);
    assert.equal(await backup().read('no address'), undefined);
    assert.equal(await backup().read(pathToFileURL(join(folder, 'none')).href), undefined);
  });

  it('is read as earlier versions wrote it, where VS Code wanted it', async () => {
    const path = join(folder, '-12345671');
    writeFileSync(path, JSON.stringify(log));
    assert.deepEqual(await backup().read(pathToFileURL(path).href), log);
  });
});

describe('a change log', () => {
  it('is known by what it must have', () => {
    assert.equal(asLog(log), log);
    for (const value of [undefined, null, 1, {}, { ...log, version: 2 }, { ...log, changes: {} }]) {
      assert.equal(asLog(value), undefined);
    }
  });
});
