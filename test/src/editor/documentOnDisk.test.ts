import assert from 'node:assert/strict';
import { Bench } from './documentBench.ts';

describe('a model document whose file changes on disk', () => {
  it('loads it while nothing is unsaved', async () => {
    const bench = await new Bench().with();
    bench.fingerprint = 'new';
    await bench.document.checkDisk();
    assert.ok(bench.server.methods.includes('revert'));
    assert.equal(bench.document.isChangedOnDisk, false);
  });

  it('loads it once what runs has ended', async () => {
    const bench = await new Bench().with();
    let open = (): void => undefined;
    bench.server.gate = new Promise((resolve) => (open = resolve));
    const changing = bench.document.setTarget(bench.document.state!.target);
    bench.fingerprint = 'new';
    const checking = bench.document.checkDisk();
    bench.server.gate = undefined;
    open();
    await Promise.all([changing, checking]);
    assert.ok(bench.server.methods.includes('revert'));
  });

  it('asks while something is', async () => {
    const bench = await new Bench().with('fold');
    bench.fingerprint = 'new';
    await bench.document.checkDisk();
    assert.equal(bench.document.isChangedOnDisk, true);
    assert.deepEqual(bench.ids, [1]);
    await bench.document.keepMine();
    assert.equal(bench.document.isChangedOnDisk, false);
    await bench.document.checkDisk();
    assert.equal(bench.document.isChangedOnDisk, false);
  });

  it('writes over it once, when told to keep what is here', async () => {
    const bench = await new Bench().with('fold');
    await bench.document.save();
    await bench.edits[0]?.undo();
    bench.fingerprint = 'new';
    await bench.document.keepMine();
    await bench.document.save();
    await bench.document.save();
    const saves = bench.server.sent.filter(({ method }) => method === 'save');
    assert.deepEqual(
      saves.map(({ params }) => params['overwrite']),
      [undefined, true, undefined],
    );
  });

  it('takes its own save for what it is', async () => {
    const bench = await new Bench().with('fold');
    const saving = bench.document.save();
    bench.fingerprint = 'written by us';
    await saving;
    await bench.document.checkDisk();
    assert.ok(!bench.server.methods.includes('revert'));
  });

  it('takes its own save for what it is also where it is seen while the save goes on', async () => {
    const bench = await new Bench().with('fold');
    let open = (): void => undefined;
    bench.server.gate = new Promise((resolve) => (open = resolve));
    const saving = bench.document.save();
    bench.fingerprint = 'written by us';
    const checking = bench.document.checkDisk();
    bench.server.gate = undefined;
    open();
    await Promise.all([saving, checking]);
    assert.ok(!bench.server.methods.includes('revert'));
    await bench.edits[0]?.undo();
    assert.deepEqual(bench.ids, [], 'it can be undone');
  });

  it('looks at the files beside it too, as soon as it knows them', async () => {
    const bench = await new Bench().with();
    bench.server.publish({ siblings: ['/models/shard.bin'], revision: 9 });
    assert.deepEqual(bench.document.siblings, ['/models/shard.bin']);
    bench.fingerprint = 'new';
    bench.asked.length = 0;
    await bench.document.checkDisk();
    assert.deepEqual(bench.asked[0], ['/models/shard.bin']);
  });

  const missing = { code: 'shard-missing', beside: ['/models/shard.bin'] };

  it('is read once a file that was missing beside it is there, and says that it was', async () => {
    const bench = new Bench();
    let read = 0;
    bench.document.onDidRead(() => read++);
    bench.server.failNext('open', missing);
    await bench.with();
    assert.equal(bench.document.fault?.code, 'shard-missing');
    assert.deepEqual(bench.document.siblings, ['/models/shard.bin']);
    await bench.document.checkDisk();
    assert.deepEqual(bench.server.methods, ['open'], 'nothing changed: it is not read again');
    assert.deepEqual(bench.asked.at(-1), ['/models/shard.bin']);
    bench.fingerprint = 'with shard';
    await bench.document.checkDisk();
    assert.ok(bench.document.state);
    assert.deepEqual([bench.document.fault, bench.document.siblings, read], [undefined, [], 1]);
  });

  it('follows the next file that is missing, also where one went while the model was open', async () => {
    const bench = await new Bench().with();
    bench.fingerprint = 'without';
    bench.server.failNext('revert', missing);
    await bench.document.checkDisk();
    assert.deepEqual(bench.document.siblings, ['/models/shard.bin']);
    bench.fingerprint = 'with one';
    bench.server.failNext('open', { ...missing, beside: ['/models/other.bin'] });
    await bench.document.checkDisk();
    assert.deepEqual(bench.document.siblings, ['/models/other.bin']);
    bench.fingerprint = 'with both';
    await bench.document.checkDisk();
    assert.ok(bench.document.state);
  });

  it('stays as it is when the file is gone', async () => {
    const bench = await new Bench().with('fold');
    bench.fingerprint = undefined;
    await bench.document.checkDisk();
    assert.deepEqual(bench.ids, [1]);
    assert.equal(bench.document.isChangedOnDisk, false);
  });
});
