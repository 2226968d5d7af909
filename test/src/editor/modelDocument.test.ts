import assert from 'node:assert/strict';
import { fileUri } from '../fileUri.ts';
import { lost } from '../fakeServer.ts';
import { modelState } from '../modelStates.ts';
import { Bench, log } from './documentBench.ts';

describe('a model document', () => {
  it('gives one edit a step, and undo and redo set exactly the changes before and after it', async () => {
    const bench = await new Bench().with('fold', 'equalize');
    assert.deepEqual(
      bench.edits.map(({ label }) => label),
      ['fold', 'equalize'],
    );
    assert.equal(bench.document.isDirty, true);
    await bench.edits[1]?.undo();
    assert.deepEqual(bench.ids, [1]);
    await bench.edits[0]?.undo();
    assert.deepEqual(bench.ids, []);
    assert.equal(bench.document.isDirty, false);
    await bench.edits[0]?.redo();
    await bench.edits[1]?.redo();
    assert.deepEqual(bench.ids, [1, 2]);
  });

  it('takes several undos and redos at once, as VS Code gives them, in their order', async () => {
    const bench = await new Bench().with('fold', 'equalize');
    const [fold, equalize] = bench.edits;
    await Promise.all([equalize?.undo(), fold?.undo(), fold?.redo()]);
    assert.deepEqual(bench.ids, [1]);
    assert.equal(bench.document.isDirty, true);
    assert.deepEqual(bench.notices, []);
  });

  it('says that a preview went with the target that it was made for', async () => {
    const bench = await new Bench().with();
    const { target } = modelState();
    await bench.document.setTarget(target);
    assert.deepEqual(bench.notices, []);
    await bench.document.preview([{ step: 'fold' }]);
    await bench.document.setTarget({ ...target, weightBits: 4 });
    assert.match(JSON.stringify(bench.notices), /Fold was discarded: it was made for another/);
  });

  it('tells why an undo failed, and can undo later', async () => {
    const bench = await new Bench().with('fold');
    bench.server.failNext('setChanges', { code: 'x', message: 'No space is left.' });
    await bench.edits[0]?.undo();
    assert.deepEqual(bench.ids, [1]);
    assert.match(JSON.stringify(bench.notices), /Undoing fold.*No space is left/);
    await bench.edits[0]?.undo();
    assert.deepEqual(bench.ids, []);
  });

  it('sends each request with the revision that the one before left', async () => {
    const bench = await new Bench().with();
    const both = [
      bench.document.apply([{ step: 'fold' }]),
      bench.document.apply([{ step: 'absorb' }]),
    ];
    await Promise.all(both);
    assert.deepEqual(bench.ids, [1, 2]);
    assert.deepEqual(bench.notices, []);
  });

  it('is clean after a save, and dirty when that is undone', async () => {
    const bench = await new Bench().with('fold');
    await bench.document.save();
    assert.equal(bench.document.isDirty, false);
    await bench.edits[0]?.undo();
    assert.equal(bench.document.isDirty, true);
  });

  it('tells VS Code of a step behind a save only when the save has ended: it is not in the file', async () => {
    const bench = await new Bench().with('fold');
    const told: string[] = [];
    bench.document.onDidEdit(({ label }) => told.push(label));
    const absorbing = bench.document.apply([{ step: 'absorb' }]);
    const saving = bench.document.save().then(() => told.push('saved'));
    while (!bench.server.methods.includes('save')) await Promise.resolve();
    const equalizing = bench.document.apply([{ step: 'equalize' }]);
    await Promise.all([absorbing, saving, equalizing]);
    assert.deepEqual(told, ['absorb', 'saved', 'equalize']);
    assert.equal(bench.document.isDirty, true);
    await bench.edits[2]?.undo();
    assert.equal(bench.document.isDirty, false);
  });

  it('can be backed up as it was before what runs', async () => {
    const bench = await new Bench().with('fold');
    bench.server.gate = new Promise(() => undefined);
    void bench.document.apply([{ step: 'equalize' }]);
    const steps = bench.document.changeLog?.changes.map(({ step }) => step);
    assert.deepEqual(steps, ['fold']);
  });

  it('reverts to the saved changes while the file is ours', async () => {
    const bench = await new Bench().with('fold');
    await bench.document.save();
    await bench.document.apply([{ step: 'equalize' }]);
    await bench.document.revert();
    assert.deepEqual(bench.ids, [1]);
    assert.equal(bench.document.isDirty, false);
    assert.ok(!bench.server.methods.includes('revert'));
  });

  it('reads the file again on revert when it changed on disk; older edits are void', async () => {
    const bench = await new Bench().with('fold');
    bench.fingerprint = 'by somebody else';
    await bench.document.revert();
    assert.ok(bench.server.methods.includes('revert'));
    assert.deepEqual(bench.ids, []);
    await bench.edits[0]?.redo();
    assert.deepEqual(bench.ids, []);
    assert.match(JSON.stringify(bench.notices), /cannot be undone any more/);
  });

  it('restores a backup as edits, dirty, and clean when they are undone', async () => {
    const bench = new Bench();
    await bench.document.open(log);
    assert.deepEqual(
      bench.edits.map(({ label }) => label),
      ['Fold 3 batch norms', 'Equalize 2 sets'],
    );
    assert.equal(bench.document.isDirty, true);
    await bench.edits[1]?.undo();
    await bench.edits[0]?.undo();
    assert.equal(bench.document.isDirty, false);
  });

  it('restores what was saved as saved', async () => {
    const bench = new Bench();
    const [first, second] = log.changes;
    assert.ok(first && second);
    await bench.document.open({ ...log, changes: [second], saved: [first] });
    assert.deepEqual(
      bench.edits.map(({ label }) => label),
      ['Equalize 2 sets'],
    );
    await bench.edits[0]?.undo();
    assert.deepEqual(bench.ids, [4]);
    assert.equal(bench.document.isDirty, false);
  });

  it('opens the file as it is when the backup does not fit, and says so', async () => {
    const bench = new Bench();
    bench.server.failNext('open', { code: 'file-changed', message: 'net.onnx has changed.' });
    await bench.document.open(log);
    assert.deepEqual(bench.ids, []);
    assert.match(JSON.stringify(bench.notices), /could not be restored/);
    assert.equal(bench.document.fault, undefined);
    assert.deepEqual(bench.document.unfit, log, 'it is kept for the file as it was');
    assert.equal(bench.document.unrestored, undefined);
  });

  it('says of saved changes that they are there again, though they were undone', async () => {
    const bench = new Bench();
    const [first] = log.changes;
    assert.ok(first);
    await bench.document.open({ ...log, changes: [], saved: [first], undone: [first] });
    assert.match(JSON.stringify(bench.notices), /could not be undone again: Fold 3 batch norms/);
    assert.equal(bench.document.isDirty, false);
    await bench.document.apply([{ step: 'fold' }]);
    await bench.edits[0]?.undo();
    assert.equal(bench.document.isDirty, false);
  });

  it('says that a file which is on no disk cannot be read', async () => {
    const bench = new Bench(fileUri('/models/net.onnx').with({ scheme: 'git' }));
    await bench.document.open();
    assert.equal(bench.document.fault?.code, 'not-on-disk');
    assert.deepEqual(bench.server.sent, []);
  });

  it('keeps a fault and can be opened again', async () => {
    const bench = new Bench();
    bench.server.failNext('open', {
      code: 'truncated',
      message: 'The file ends early.',
      offset: 17,
    });
    await bench.document.open();
    assert.equal(bench.document.fault?.code, 'truncated');
    assert.equal(bench.document.fault.offset, 17);
    await bench.document.reload();
    assert.equal(bench.document.fault, undefined);
    assert.ok(bench.document.state);
  });

  it('restores a backup also where its file could be read only the second time', async () => {
    const bench = new Bench();
    bench.server.failNext('open', { code: 'file-missing', message: 'net.onnx is not there.' });
    await bench.document.open(log);
    assert.equal(bench.document.fault?.code, 'file-missing');
    assert.deepEqual(bench.document.changeLog, log, 'it can be backed up again');
    await bench.document.reload();
    assert.deepEqual(bench.ids, [4, 6]);
    assert.equal(bench.edits.length, 2);
    await bench.document.reload();
    assert.deepEqual(bench.ids, [], 'read again, it is as it is on disk');
  });

  it('comes back with its changes when the server ended', async () => {
    const bench = await new Bench().with('fold');
    bench.server.die({ isBack: true });
    await bench.document.apply([{ step: 'equalize' }]);
    assert.deepEqual(bench.ids, [1, 2]);
    assert.deepEqual(bench.notices, []);
    await bench.edits[1]?.undo();
    await bench.edits[0]?.undo();
    await bench.edits[0]?.redo();
    assert.deepEqual(bench.ids, [1]);
  });

  it('asks again for what the end of the server interrupted', async () => {
    const bench = await new Bench().with();
    bench.server.failNext('apply', lost());
    bench.server.die({ isBack: false });
    await bench.document.apply([{ step: 'fold' }]);
    assert.deepEqual(bench.ids, [1]);
  });

  it('goes on with what waits for it to be opened again, where the user stopped that', async () => {
    const bench = await new Bench().with('fold');
    let open = (): void => undefined;
    bench.server.gate = new Promise((resolve) => (open = resolve));
    bench.server.die({ isBack: true });
    const applying = bench.document.apply([{ step: 'equalize' }]);
    assert.equal(bench.document.job?.title, 'Opening model again');
    bench.document.cancel();
    open();
    await applying;
    assert.deepEqual(bench.ids, [1, 2]);
  });

  it('keeps its samples when a step comes while it is opened again', async () => {
    const bench = await new Bench().with();
    const samples = { path: '/data/pictures' };
    await bench.document.data.choose(samples);
    bench.server.die({ isBack: true });
    await bench.document.apply([{ step: 'fold' }]);
    await bench.document.apply([{ step: 'equalize' }]);
    assert.deepEqual(bench.ids, [1, 2]);
    assert.deepEqual(bench.document.data.choice, samples);
  });

  it('redoes a change that the new server has not heard of', async () => {
    const bench = await new Bench().with('fold');
    await bench.edits[0]?.undo();
    bench.server.die({ isBack: false });
    await bench.edits[0]?.redo();
    assert.deepEqual(bench.ids, [1]);
  });

  it('asks once more when the model moved on meanwhile', async () => {
    const bench = await new Bench().with();
    bench.server.failNext('apply', { code: 'stale', message: '' });
    await bench.document.apply([{ step: 'fold' }]);
    assert.deepEqual(bench.ids, [1]);
  });

  it('tells a refusal on its panels and changes nothing', async () => {
    const bench = await new Bench().with();
    bench.server.failNext('apply', { code: 'no-room', message: 'No room.' });
    await bench.document.apply([{ step: 'fold' }]);
    const fault = { code: 'no-room', message: 'No room.' };
    assert.deepEqual(bench.notices, [{ kind: 'failed', title: 'Folding batch norms', fault }]);
    assert.deepEqual(bench.edits, []);
  });

  it('gives all notes of a step: they stand nowhere else', async () => {
    const bench = await new Bench().with();
    bench.server.notes = ['Nothing to gain.', 'No set.', 'No bias.'];
    await bench.document.apply([{ step: 'fold' }]);
    const text = 'net.onnx: Nothing to gain. No set. No bias.';
    assert.deepEqual(bench.notices, [{ kind: 'note', text }]);
  });

  it('says that a step was stopped, and nothing has changed', async () => {
    const bench = await new Bench().with();
    bench.document.onJob((job) => job.stop());
    await bench.document.apply([{ step: 'fold' }]);
    assert.deepEqual(
      bench.notices.map(({ kind }) => kind),
      ['stopped'],
    );
    assert.deepEqual(bench.ids, []);
  });

  it('throws a sentence when the file cannot be written, and stays dirty', async () => {
    const bench = await new Bench().with('fold');
    const remedy = 'Save it elsewhere.';
    bench.server.failNext('save', { code: 'read-only', message: 'net.onnx is read-only.', remedy });
    await assert.rejects(bench.document.save(), {
      message: 'net.onnx is read-only. Save it elsewhere.',
    });
    assert.equal(bench.document.isDirty, true);
  });

  it('leaves itself alone when it is saved as another file', async () => {
    const bench = await new Bench().with('fold');
    await bench.document.saveAs(fileUri('/models/copy.onnx'));
    assert.equal(bench.document.isDirty, true);
    const save = bench.server.sent.find(({ method }) => method === 'save');
    assert.equal(save?.params['to'], 'file:///models/copy.onnx');
  });

  it('drops a preview before undo and before a save', async () => {
    const bench = await new Bench().with('fold');
    await bench.document.preview([{ step: 'equalize' }]);
    assert.equal(bench.document.isDirty, true);
    await bench.edits[0]?.undo();
    assert.equal(bench.document.state?.preview, undefined);
  });

  it('applies what was previewed, with its options', async () => {
    const bench = await new Bench().with();
    const steps = [{ step: 'equalize' as const, options: { layers: [3] } }];
    await bench.document.preview(steps);
    await bench.document.applyPreview();
    const apply = bench.server.sent.find(({ method }) => method === 'apply');
    assert.deepEqual(apply?.params['steps'], steps);
  });

  it('takes newer states and leaves older ones', async () => {
    const bench = await new Bench().with('fold');
    const revision = bench.document.state?.revision ?? 0;
    bench.server.publish({ revision: revision - 1, isComplete: false });
    assert.equal(bench.document.state?.isComplete, true);
    bench.server.publish({ revision, isComplete: false });
    assert.equal(bench.document.state?.isComplete, false);
    bench.server.publish({ uri: 'file:///models/other.onnx', isComplete: true });
    assert.equal(bench.document.state?.isComplete, false);
  });

  it('tells what a save dropped, for its own file and for another', async () => {
    const bench = await new Bench().with('fold');
    bench.server.saveNotes = ['The optimizer state was dropped.'];
    await bench.document.save();
    await bench.document.saveAs(fileUri('/models/copy.h5'));
    const told = bench.notices.map((notice) => (notice.kind === 'note' ? notice.text : ''));
    const text = 'net.onnx: The optimizer state was dropped.';
    assert.deepEqual(told, [text, text]);
  });
});
