import { strict as assert } from 'node:assert';
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { asLog } from '../../../src/editor/keptLog.ts';
import { hasBridge, page } from './bridge.ts';
import {
  api,
  closeAll,
  file,
  onDisk,
  open,
  run,
  until,
  untilApplied,
  untilClean,
  untilDirty,
  untilSeen,
} from './window.ts';

describe('a model and its file', () => {
  afterEach(closeAll);

  it('shows a truncated file as unreadable, with the place, and lets it live', async () => {
    const before = readFileSync(file('truncated.onnx').fsPath);
    const { fault, state } = await open('truncated.onnx');
    assert.equal(state, undefined);
    assert.equal(fault?.code, 'truncated');
    assert.equal(typeof fault.offset, 'number');
    assert.deepEqual(readFileSync(file('truncated.onnx').fsPath), before);
    if (hasBridge) await page('see', { text: 'Open as text' });
  });

  it('says that a text is not an ONNX model', async () => {
    const { fault } = await open('text.onnx');
    assert.ok(fault && fault.message.length > 0);
  });

  it('reads a file that was put right', async () => {
    const document = await open('truncated.onnx');
    const broken = readFileSync(document.uri.fsPath);
    await untilSeen(
      'the model is read',
      () => copyFileSync(file('other.onnx').fsPath, document.uri.fsPath),
      () => document.state,
    );
    await untilSeen(
      'the fault is back',
      () => writeFileSync(document.uri.fsPath, broken),
      () => document.fault,
    );
  });

  it('loads a change from outside while there is nothing to lose', async () => {
    const document = await open('watched.onnx');
    const spread = (): unknown => document.state?.layers.map(({ now }) => now.range.max);
    const before = spread();
    await untilSeen(
      'the new weights are measured',
      () => copyFileSync(file('other.onnx').fsPath, document.uri.fsPath),
      () => document.state?.isComplete && String(spread()) !== String(before),
    );
    assert.equal(document.isDirty, false);
  });

  it('asks before a change from outside takes corrections away', async () => {
    const document = await open('watched.onnx');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    // As most programs save: a new file takes the place of the old one.
    const replace = (): void => {
      copyFileSync(file('net.onnx').fsPath, file('net.tmp').fsPath);
      renameSync(file('net.tmp').fsPath, document.uri.fsPath);
    };
    await untilSeen('the change is seen', replace, () => document.isChangedOnDisk);
    assert.equal(document.state?.changes.length, 1);
    await run('rangefinder.keepMine');
    assert.equal(document.isChangedOnDisk, false);
    // Kept and saved: the file has our corrections, whatever was written there meanwhile.
    await run('workbench.action.files.save');
    await untilClean(document);
    assert.ok(!onDisk('watched.onnx').operators.includes('BatchNormalization'));
  });

  it('loads what is on disk when told to', async () => {
    const document = await open('other.onnx');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    const before = readFileSync(document.uri.fsPath);
    await untilSeen(
      'the change is seen',
      () => copyFileSync(file('net.onnx').fsPath, document.uri.fsPath),
      () => document.isChangedOnDisk,
    );
    await run('rangefinder.loadTheirs');
    await untilApplied(document);
    await untilClean(document);
    writeFileSync(document.uri.fsPath, before);
  });

  it('backs up what was done, not the weights, and restores it', async () => {
    const document = await open('other.onnx');
    await run('rangefinder.foldBatchNorms');
    await run('rangefinder.equalizeLayers');
    await untilDirty(document);
    const log = asLog(JSON.parse(JSON.stringify(document.changeLog)));
    assert.deepEqual(
      log?.changes.map(({ step }) => step),
      ['fold', 'equalize'],
    );
    const applied = document.state?.layers.map(({ now }) => now.range.max);
    await document.open(log);
    await until('it is measured', () => document.state?.isComplete);
    assert.deepEqual(
      document.state?.layers.map(({ now }) => now.range.max),
      applied,
    );
    assert.equal(document.isDirty, true);
  });

  it('shares one document between two editors', async () => {
    const document = await open('net.onnx');
    await run('workbench.action.splitEditorRight');
    const { models } = await api();
    assert.equal(models.all.length, 1);
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    assert.equal(tabs.filter(({ isDirty }) => isDirty).length, 2);
    if (hasBridge) {
      // Beside one another they are narrow, and the steps leave their buttons out.
      await page('see', { text: 'not saved', nth: 0 });
      await page('see', { text: 'not saved', nth: 1 });
    }
  });

  it('keeps its corrections when the file is renamed', async () => {
    const document = await open('renamed.onnx');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    const to = file('moved.onnx');
    const edit = new vscode.WorkspaceEdit();
    edit.renameFile(document.uri, to);
    await vscode.workspace.applyEdit(edit);
    const { models } = await api();
    const moved = await until(
      'the renamed model is open',
      () => models.find(to)?.state && models.find(to),
    );
    await untilDirty(moved);
    assert.deepEqual(
      moved.state?.changes.map(({ step }) => step),
      ['fold'],
    );
    await run('workbench.action.files.save');
    await untilClean(moved);
    assert.ok(!onDisk('moved.onnx').operators.includes('BatchNormalization'));
  });

  it('outlives the deletion of its file', async () => {
    const document = await open('deleted.onnx');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    rmSync(document.uri.fsPath);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(document.state?.changes.length, 1);
    const to = file('rescued.onnx');
    await document.saveAs(to);
    assert.ok(!onDisk('rescued.onnx').operators.includes('BatchNormalization'));
    await assert.rejects(document.save(), /deleted\.onnx/);
    copyFileSync(file('other.onnx').fsPath, document.uri.fsPath);
  });

  it('says so when the folder cannot be written', async function () {
    if (process.getuid?.() === 0) return this.skip(); // root may write anywhere
    const folder = file('.').fsPath;
    const document = await open('readonly.onnx');
    await run('rangefinder.foldBatchNorms');
    chmodSync(folder, 0o500);
    try {
      await assert.rejects(document.save(), /readonly\.onnx/);
      assert.equal(document.isDirty, true);
    } finally {
      chmodSync(folder, 0o700);
    }
  });

  it('says so when the copy cannot be written there, and keeps its corrections', async () => {
    const document = await open('other.onnx');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    await assert.rejects(document.saveAs(file('notes.txt/copy.onnx')), /copy\.onnx|notes\.txt/);
    assert.equal(document.isDirty, true);
    assert.equal(document.state?.changes.length, 1);
  });

  it('saves as another file and leaves its own alone', async () => {
    const document = await open('other.onnx');
    const before = readFileSync(document.uri.fsPath);
    await run('rangefinder.foldBatchNorms');
    await document.saveAs(file('copy.onnx'));
    assert.deepEqual(readFileSync(document.uri.fsPath), before);
    assert.ok(!onDisk('copy.onnx').operators.includes('BatchNormalization'));
    assert.equal(document.isDirty, true);
  });
});
