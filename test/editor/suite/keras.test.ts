import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { hasBridge, page } from './bridge.ts';
import {
  api,
  closeAll,
  file,
  open,
  run,
  settle,
  tabOf,
  until,
  untilApplied,
  untilClean,
  untilDirty,
  untilSeen,
} from './window.ts';

/** Float32 through four layers, as a share of the largest output. */
const relativeTolerance = 1e-5;

/** What the command line computes of a file, read anew, on seeded inputs. */
function outputsOf(name: string): number[] {
  const extension = vscode.extensions.getExtension('rangefinder.rangefinder');
  assert.ok(extension);
  const cli = vscode.Uri.joinPath(extension.extensionUri, 'dist/cli.js').fsPath;
  const to = file('outputs.json').fsPath;
  rmSync(to, { force: true });
  execFileSync(
    process.execPath,
    [cli, 'run', file(name).fsPath, '--data', 'synthetic:3', '-o', to],
    {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    },
  );
  const numbers = (value: unknown): number[] =>
    typeof value === 'number'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(numbers)
        : [];
  const { outputs } = { outputs: numbers(JSON.parse(readFileSync(to, 'utf8'))) };
  assert.ok(outputs.length > 0);
  return outputs;
}

function sameOutputs(name: string, expected: readonly number[]): void {
  const actual = outputsOf(name);
  assert.equal(actual.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of actual.entries()) {
    const difference = Math.abs(value - (expected[i] ?? NaN));
    assert.ok(difference <= relativeTolerance * largest, `${name}: output ${i} is ${value}`);
  }
}

const spreadOf = (document: ModelDocument): unknown[] =>
  document.state?.layers.map(({ now }) => now.range.max) ?? [];

describe('a Keras or TensorFlow.js model', () => {
  afterEach(closeAll);

  for (const [name, isDefault] of [
    ['net.h5', true],
    ['net.hdf5', true],
    ['net.keras', true],
    ['web/model.json', false],
  ] as const) {
    it(`${name}: is opened, corrected, undone, redone, saved in kind, and computes the same`, async () => {
      const expected = outputsOf(name);
      const original = readFileSync(file(name).fsPath);
      if (isDefault) await run('vscode.open', file(name));
      const document = await open(name);
      assert.equal(document.fault, undefined);
      await run('rangefinder.foldBatchNorms');
      await untilApplied(document, 'fold');
      await run('rangefinder.equalizeLayers');
      await untilApplied(document, 'fold', 'equalize');
      await untilDirty(document);
      const proofs = document.state?.proofs ?? [];
      assert.ok(proofs.length > 0);
      for (const proof of proofs) assert.ok(proof.exact, proof.step);
      assert.deepEqual(readFileSync(file(name).fsPath), original);
      await settle();
      await run('undo');
      await untilApplied(document, 'fold');
      await run('redo');
      await untilApplied(document, 'fold', 'equalize');
      await run('workbench.action.files.save');
      await untilClean(document);
      assert.notDeepEqual(readFileSync(file(name).fsPath), original);
      sameOutputs(name, expected);
      const corrected = spreadOf(document);
      await closeAll();
      const again = await open(name);
      assert.deepEqual(
        again.state?.ledger.filter(
          ({ step, outcome }) => step === 'Fold' && outcome === 'available',
        ),
        [],
      );
      assert.deepEqual(spreadOf(again).length, corrected.length);
    });
  }

  it('opens in its own editor where the name says what it is, a model.json only when asked', async () => {
    for (const [name, type] of [
      ['net.h5', 'rangefinder.model'],
      ['net.hdf5', 'rangefinder.model'],
      ['net.keras', 'rangefinder.model'],
      ['web/model.json', undefined],
    ] as const) {
      await run('vscode.open', file(name));
      await until(`${name} is shown`, () => {
        const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
        const input = tab?.input;
        const shown = input instanceof vscode.TabInputCustom ? input.viewType : undefined;
        return tab?.label === name.split('/').at(-1) && shown === type;
      });
    }
    const document = await open('web/model.json');
    const input = tabOf(document)?.input;
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, 'rangefinder.layersModel');
  });

  it('is read by itself once a shard that was missing is there', async () => {
    const shard = file('web/group1-shard2of2.bin').fsPath;
    renameSync(shard, `${shard}.aside`);
    try {
      const document = await open('web/model.json');
      assert.equal(document.fault?.code, 'shard-missing');
      await untilSeen(
        'the model is read',
        () => copyFileSync(`${shard}.aside`, shard),
        () => document.state,
      );
      assert.equal(document.fault, undefined);
    } finally {
      renameSync(`${shard}.aside`, shard);
    }
  });

  it('says that a model.json of something else is no model, and lets it live', async () => {
    const before = readFileSync(file('app/model.json').fsPath);
    const { fault, state } = await open('app/model.json');
    assert.equal(state, undefined);
    assert.match(fault?.message ?? '', /model\.json/);
    if (hasBridge) await page('see', { text: 'Open as text' });
    assert.deepEqual(readFileSync(file('app/model.json').fsPath), before);
  });

  it('lists the models of the workspace, and no other model.json', async () => {
    const { searchModels } = await api();
    const found = (await searchModels()).models.map((uri) => vscode.workspace.asRelativePath(uri));
    for (const name of ['net.h5', 'net.hdf5', 'net.keras', 'web/model.json', 'net.onnx'])
      assert.ok(found.includes(name), name);
    assert.ok(!found.includes('app/model.json'));
  });

  it('is saved as ONNX, and stays what it is', async () => {
    const expected = outputsOf('shards/model.json');
    const document = await open('shards/model.json');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    if (hasBridge) {
      const saving = run('rangefinder.saveAsOnnx');
      await page('dialog.path', { path: file('shards.onnx').fsPath });
      await saving;
    } else await document.saveAs(file('shards.onnx'));
    sameOutputs('shards.onnx', expected);
    assert.equal(document.isDirty, true);
  });

  it('is loaded again when one of its shards changes, and asks where corrections would be lost', async () => {
    const document = await open('shards/model.json');
    const [shard = ''] = document.siblings;
    assert.match(shard, /group1-shard1of2\.bin$/);
    const original = readFileSync(shard);
    const before = String(spreadOf(document));
    const louder = new Float32Array(Uint8Array.from(original).buffer).map((value) => 2 * value);
    await untilSeen(
      'the new weights are measured',
      () => writeFileSync(shard, Buffer.from(louder.buffer)),
      () => document.state?.isComplete && String(spreadOf(document)) !== before,
    );
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    await untilSeen(
      'the change is seen',
      () => writeFileSync(shard, original),
      () => document.isChangedOnDisk,
    );
    await run('rangefinder.loadTheirs');
    await untilApplied(document);
    await untilClean(document);
  });

  it('backs up what was done, and restores it', async () => {
    const document = await open('shards/model.json');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    const log = document.changeLog;
    const applied = spreadOf(document);
    await document.open(JSON.parse(JSON.stringify(log)) as typeof log);
    await until('it is measured', () => document.state?.isComplete);
    assert.deepEqual(spreadOf(document), applied);
    assert.deepEqual(
      document.state?.changes.map(({ step }) => step),
      ['fold'],
    );
  });
});
