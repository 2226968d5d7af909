import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { GraphDraft } from '../../../server/core/graph/draft.ts';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { readFloats, withFloats } from '../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../server/core/job.ts';
import { replaceFile } from '../../../server/formats/atomicFile.ts';
import type { FormatFault, ModelDocument } from '../../../server/formats/format.ts';
import * as b from '../../kit/onnxBuilder.ts';
import { ModelFolder, written } from '../../kit/onnxFiles.ts';

const noNotes = new Map<string, string>();
const file = b.model(
  b.graph(
    b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }),
    b.initializer(b.floats('w', [2], [1, 2])),
    b.input('x', [2]),
    b.output('y'),
  ),
);

const doubled = (document: ModelDocument): Graph => {
  const draft = new GraphDraft(document.graph);
  const w = draft.tensor('w');
  assert.ok(w);
  draft.setTensor('w', withFloats(w, Float32Array.of(2, 4)));
  return draft.close();
};

/** An error as the operating system gives it. */
const systemError = (code: string): Error => Object.assign(new Error(code), { code, errno: -1 });

describe('writing models', () => {
  let folder: ModelFolder;
  const restore: (() => void)[] = [];
  beforeEach(() => (folder = new ModelFolder()));
  afterEach(() => {
    for (const undo of restore.splice(0)) undo();
    folder.remove();
  });

  /** Puts another function in place of one of Node's until the test ends. */
  function replace<T extends object, K extends keyof T>(owner: T, key: K, value: T[K]): void {
    const original = owner[key];
    owner[key] = value;
    restore.push(() => (owner[key] = original));
  }

  /** Writes, must fail, and must leave file, folder and document as they were. */
  async function failsWith(document: ModelDocument, code: string): Promise<FormatFault> {
    const listed = folder.list();
    const before = fs.existsSync(document.path) ? fs.readFileSync(document.path) : undefined;
    const result = await document.write(doubled(document), document.path, noNotes, noJob);
    for (const undo of restore.splice(0)) undo();
    assert.ok(!result.ok, 'the write succeeded');
    assert.equal(result.error.code, code, result.error.message);
    assert.ok(result.error.message.includes(folder.path));
    assert.ok(result.error.remedy);
    assert.deepEqual(folder.list(), listed);
    if (before) assert.deepEqual(fs.readFileSync(document.path), before);
    const w = document.graph.tensors.get('w');
    assert.ok(w);
    assert.deepEqual([...readFloats(w)], [1, 2]);
    return result.error;
  }

  it('says that the disk is full, wherever that shows', async () => {
    const document = await folder.open(file);
    const open = fs.promises.open.bind(fs.promises);
    for (const method of ['write', 'sync', 'close'] as const) {
      replace(fs.promises, 'open', async (...given) => {
        const handle = await open(...given);
        const original = handle[method].bind(handle) as () => Promise<void>;
        let isFirst = true;
        Object.assign(handle, {
          [method]: async () => {
            if (!isFirst) return original();
            isFirst = false;
            if (method === 'close') await original();
            throw systemError('ENOSPC');
          },
        });
        return handle;
      });
      await failsWith(document, 'disk-full');
    }
  });

  it('syncs a large file while it is written, and tells of the first failure', async () => {
    const path = folder.at('large.bin');
    const part = new Uint8Array(8 << 20);
    const open = fs.promises.open.bind(fs.promises);
    let synced = 0;
    replace(fs.promises, 'open', async (...given) => {
      const handle = await open(...given);
      const datasync = (): Promise<void> => {
        synced++;
        return Promise.reject(systemError('ENOSPC'));
      };
      return Object.assign(handle, { datasync });
    });
    const write = replaceFile(path, async (pending) => {
      for (let i = 0; i < 12; i++) await pending.write(part);
    });
    await assert.rejects(write, { code: 'ENOSPC' });
    assert.equal(synced, 1);
    assert.deepEqual(folder.list(), []);
  });

  it('says that the disk is full, for real', function () {
    const run = spawnSync(
      'bash',
      [
        '-c',
        'trap "" XFSZ; ulimit -f 64; exec "$0" "$@"',
        process.execPath,
        '--import',
        'tsx',
        'test/kit/saveLarge.ts',
        folder.path,
      ],
      { encoding: 'utf8' },
    );
    if (run.error) this.skip();
    assert.equal(run.stdout.trim(), 'disk-full', run.stderr);
    assert.deepEqual(folder.list(), ['large.onnx']);
  });

  it('says that a file is read-only', async () => {
    const document = await folder.open(file);
    fs.chmodSync(document.path, 0o444);
    await failsWith(document, 'read-only');
  });

  for (const code of ['EACCES', 'EPERM', 'EROFS']) {
    it(`says that a folder is read-only (${code})`, async () => {
      const document = await folder.open(file);
      replace(fs.promises, 'open', () => Promise.reject(systemError(code)));
      await failsWith(document, 'read-only');
    });
  }

  it('says that the folder is gone', async () => {
    const document = await folder.open(file);
    const target = folder.at('none', 'm.onnx');
    const result = await document.write(document.graph, target, noNotes, noJob);
    assert.ok(!result.ok);
    assert.equal(result.error.code, 'not-found');
  });

  it('tries a rename again while the file is busy', async () => {
    const document = await folder.open(file);
    const rename = fs.renameSync;
    let tries = 0;
    replace(fs, 'renameSync', (from, to) => {
      if (++tries < 3) throw systemError('EBUSY');
      rename(from, to);
    });
    await written(folder, document.write(doubled(document), document.path, noNotes, noJob));
    assert.equal(tries, 3);
  });

  it('gives up a rename that never works, the file unharmed', async () => {
    const document = await folder.open(file);
    replace(fs, 'renameSync', () => {
      throw systemError('EPERM');
    });
    await failsWith(document, 'read-only');
  });

  const changes: [string, (path: string) => void][] = [
    ['written to', (path) => fs.appendFileSync(path, b.unknownField())],
    [
      'replaced',
      (path) => {
        fs.writeFileSync(`${path}2`, file);
        fs.renameSync(`${path}2`, path);
      },
    ],
  ];
  for (const [name, change] of changes) {
    it(`does not write over a file that was ${name} since`, async () => {
      const document = await folder.open(file);
      change(document.path);
      const result = await document.write(doubled(document), document.path, noNotes, noJob);
      assert.ok(!result.ok);
      assert.equal(result.error.code, 'file-changed');
    });
  }

  it('does not write over a file that changes while it is saved', async () => {
    const document = await folder.open(file);
    const late = {
      checkpoint: () => {
        fs.writeFileSync(`${document.path}2`, file);
        fs.renameSync(`${document.path}2`, document.path);
        return Promise.resolve();
      },
    };
    const result = await document.write(doubled(document), document.path, noNotes, late);
    assert.ok(!result.ok);
    assert.equal(result.error.code, 'file-changed');
    assert.deepEqual(fs.readFileSync(document.path), Buffer.from(file));
  });

  it('writes a file again that was deleted', async function () {
    if (process.platform === 'win32') this.skip();
    const document = await folder.open(file);
    fs.rmSync(document.path);
    const saved = await written(
      folder,
      document.write(doubled(document), document.path, noNotes, noJob),
    );
    const w = saved.graph.tensors.get('w');
    assert.deepEqual(w && [...readFloats(w)], [2, 4]);
  });

  it('keeps the mode of the file, and a link a link', async function () {
    if (process.platform === 'win32') this.skip();
    const path = folder.file(file, 'real.onnx');
    fs.chmodSync(path, 0o640);
    fs.symlinkSync('real.onnx', folder.at('link.onnx'));
    const document = await folder.open(folder.at('link.onnx'));
    const graph = doubled(document);
    const saved = await written(folder, document.write(graph, document.path, noNotes, noJob));
    assert.equal(fs.statSync(path).mode & 0o777, 0o640);
    assert.ok(fs.lstatSync(folder.at('link.onnx')).isSymbolicLink());
    const w = saved.graph.tensors.get('w');
    assert.deepEqual(w && [...readFloats(w)], [2, 4]);
  });

  it('clears away what a killed process had left', async () => {
    const document = await folder.open(folder.file(file, 'm.onnx'));
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    folder.file(file, `.m.onnx.${dead}-0.rangefinder-tmp`);
    folder.file(file, `.m.onnx.${process.pid}-99.rangefinder-tmp`);
    await written(folder, document.write(doubled(document), document.path, noNotes, noJob));
    assert.deepEqual(folder.list(), [`.m.onnx.${process.pid}-99.rangefinder-tmp`, 'm.onnx']);
  });
});
