import { strict as assert } from 'node:assert';
import { cpSync, rmSync } from 'node:fs';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { hasBridge, page } from './bridge.ts';
import {
  closeAll,
  file,
  onDisk,
  open,
  run,
  settle,
  until,
  untilApplied,
  untilClean,
  untilDirty,
  whileHeld,
} from './window.ts';

const names = ['saved.onnx', 'savedToo.onnx'] as const;

/** A model with its batch norms folded, not saved. */
async function folded(name: string): Promise<ModelDocument> {
  const document = await open(name);
  await run('rangefinder.foldBatchNorms');
  await untilDirty(document);
  await settle();
  return document;
}

const isFolded = (name: string): boolean => !onDisk(name).operators.includes('BatchNormalization');

/** Saves, and does something as soon as the save has been asked of the server, which waits for it. */
async function whileSaving(document: ModelDocument, work: () => Promise<unknown>): Promise<void> {
  let saving: PromiseLike<unknown> | undefined;
  await whileHeld(async () => {
    saving = run('workbench.action.files.save');
    await until('it is being saved', () => document.job?.title === 'Saving model');
    await work();
  });
  await saving;
  await until('nothing runs any more', () => document.job === undefined);
  await settle();
}

describe('saving models', () => {
  beforeEach(() => {
    for (const name of names) cpSync(file('net.onnx').fsPath, file(name).fsPath);
  });
  afterEach(async () => {
    await closeAll();
    for (const name of names) rmSync(file(name).fsPath, { force: true });
  });

  it('saves all that have changed', async () => {
    const documents = [await folded(names[0]), await folded(names[1])];
    await run('workbench.action.files.saveAll');
    for (const document of documents) await untilClean(document);
    assert.deepEqual(names.map(isFolded), [true, true]);
  });

  it('leaves the tab changed where a step is asked for while it is saved', async () => {
    const document = await folded(names[0]);
    let equalizing: PromiseLike<unknown> | undefined;
    await whileSaving(document, async () => {
      equalizing = run('rangefinder.equalizeLayers');
      return Promise.resolve();
    });
    await equalizing;
    await untilApplied(document, 'fold', 'equalize');
    await untilDirty(document);
    await run('undo');
    await untilApplied(document, 'fold');
    await untilClean(document);
    assert.ok(isFolded(names[0]));
  });

  it('leaves the tab changed where something is undone while it is saved', async () => {
    const document = await folded(names[0]);
    await whileSaving(document, () => Promise.resolve(run('undo')));
    await untilApplied(document);
    await untilDirty(document);
    assert.ok(isFolded(names[0]));
    await run('workbench.action.files.save');
    await untilClean(document);
    assert.ok(!isFolded(names[0]));
  });

  it('takes a save while it saves for one, and tells of no failure', async function () {
    if (!hasBridge) return this.skip();
    const document = await folded(names[0]);
    await run('notifications.clearAll');
    let second: PromiseLike<unknown> | undefined;
    await whileSaving(document, async () => {
      second = run('workbench.action.files.save');
      await settle(); // it is on its way
    });
    await second;
    await untilClean(document);
    assert.ok(isFolded(names[0]));
    const told = (await page('notices')) as readonly string[];
    assert.deepEqual(
      told.filter((text) => text.includes('could not be saved')),
      [],
    );
  });
});
