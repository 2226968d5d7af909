import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Backup, type BackupPlace } from '../../../src/editor/backup.ts';
import { asLog, backupFolder, removeOld } from '../../../src/editor/keptLog.ts';
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

  it('stays another window’s where that one only looked at the model', async () => {
    const mine = backup('never');
    const { id } = await mine.write(log);
    const stranger = backup('never');
    assert.equal(await stranger.read(undefined), undefined);
    await stranger.remove();
    stranger.close();
    assert.deepEqual(await backup('never').read(id), log);
  });

  it('is not written over by another window, in which the model is changed too', async () => {
    const [mine, yours] = [backup('never'), backup('never')];
    const [{ id }, { id: other }] = [await mine.write(log), await yours.write(older)];
    assert.deepEqual(await backup('never').read(id), log);
    assert.deepEqual(await backup('never').read(other), older);
    await yours.remove();
    assert.deepEqual(await backup('never').read(id), log);
  });

  it('does not come back behind one that went on from it', async () => {
    const { id } = await backup().write(older);
    const next = backup();
    await next.read(id);
    await next.write(log);
    assert.deepEqual(await backup().read(id), log);
    assert.deepEqual(await backup('never').read(id), older, 'named before VS Code knew of ours');
    await next.remove();
    assert.deepEqual(files(), []);
  });

  describe('that did not fit its file', () => {
    const setAside = async (): Promise<Backup> => {
      const before = backup('afterCrash');
      const { id } = await before.write(log);
      before.close();
      const next = backup('afterCrash');
      await next.read(id);
      await next.setAside(log);
      await next.remove();
      return next;
    };

    it('is there for the earlier file, though VS Code does not name it any more', async () => {
      (await setAside()).close();
      assert.equal(files().length, 1);
      for (const unnamed of ['afterCrash', 'never', 'always'] as const)
        assert.deepEqual(await backup(unnamed).read(undefined), log);
      const again = backup();
      await again.read(undefined);
      await again.setAside(log);
      await again.remove();
      assert.deepEqual(await backup().read(undefined), log, 'nor the second time');
      assert.equal(files().length, 1);
    });

    it('comes behind what was done since, and goes with a save', async () => {
      const mine = await setAside();
      await mine.write(older);
      assert.deepEqual(await backup().read(undefined), older);
      await mine.remove();
      assert.deepEqual(await backup().read(undefined), log);
      await mine.saved();
      assert.equal(await backup().read(undefined), undefined);
    });

    it('stays as it was where it cannot be set aside', async () => {
      const { id } = await backup().write(log);
      const next = backup();
      await next.read(id);
      const cyclic: Record<string, unknown> = {};
      cyclic['self'] = cyclic;
      const [step] = log.changes;
      assert.ok(step);
      const unwritable = { ...log, changes: [{ ...step, options: cyclic }] };
      await assert.rejects(next.setAside(unwritable));
      await next.remove();
      assert.deepEqual(await backup().read(id), log);
    });
  });

  describe('of a window that lost its page, and whose host lives on', () => {
    let host: ChildProcess;
    before(() => (host = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])));
    after(() => host.kill());

    /** Has the backup written by another process. */
    const written = async (pid: number | undefined): Promise<string> => {
      const { id } = await backup().write(log);
      const path = fileURLToPath(id);
      const kept = JSON.parse(readFileSync(path, 'utf8')) as object; // what was written before
      writeFileSync(path, JSON.stringify({ ...kept, pid }));
      return id;
    };

    it('is put away and not removed, so that it is there if that window is', async () => {
      const id = await written(host.pid);
      const next = backup();
      assert.deepEqual(await next.read(undefined), log);
      await next.remove();
      assert.equal(await backup().read(undefined), undefined);
      assert.deepEqual(await backup('never').read(id), log);
    });

    it('is removed once the host has ended', async () => {
      const id = await written(
        Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' })),
      );
      const next = backup();
      await next.read(id);
      await next.remove();
      assert.deepEqual(files(), []);
    });
  });

  it('lies in one folder for a workspace, and is removed after half a year alone', async () => {
    const [a, b] = [['file:///a'], ['file:///a', 'file:///b']].map((of) =>
      backupFolder(folder, of),
    );
    assert.ok(a && b && a !== b);
    assert.equal(a, backupFolder(folder, ['file:///a']));
    const [mine, yours] = [a, b].map((of) => new Backup(uri, { folder: of, unnamed: 'always' }));
    assert.ok(mine && yours);
    const { id } = await mine.write(log);
    await yours.write(log);
    const day = 24 * 3600;
    const now = Date.now() / 1000;
    utimesSync(fileURLToPath(id), now, now - 170 * day);
    await removeOld(folder);
    assert.deepEqual(await mine.read(id), log);
    utimesSync(fileURLToPath(id), now, now - 190 * day);
    await removeOld(folder);
    assert.equal(await mine.read(id), undefined);
    assert.deepEqual(await yours.read(undefined), log);
    await removeOld(join(folder, 'none'));
  });

  it('tells of an undo of what was saved, though it cannot be done again', async () => {
    const undone = { ...log, changes: [], saved: log.changes, undone: log.changes };
    await backup().write(undone);
    assert.deepEqual(await backup().read(undefined), undone);
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
