import { strict as assert } from 'node:assert';
import { copyFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { viewTypeOf } from '../../../src/modelFiles.ts';
import { hasBridge, page } from './bridge.ts';
import { api, closeAll, file, open, run, until } from './window.ts';

interface Contributions {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

/** A command that neither ends nor asks anything within this time hangs. */
const mostMs = 90_000;
/** Long work is stopped: that it ends well is for other tests to say. */
const patienceMs = 1500;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const commandIds = (): readonly string[] => {
  const extension = vscode.extensions.getExtension('rangefinder.rangefinder');
  assert.ok(extension);
  return (extension.packageJSON as Contributions).contributes.commands.map((one) => one.command);
};

/** Runs a command and says no to everything that it asks. Gives what is wrong with it. */
async function tryCommand(id: string): Promise<string | undefined> {
  const { models } = await api();
  let outcome: string | undefined = 'it does not end, though nothing is left to answer';
  let isEnded = false;
  void run(id).then(
    () => {
      outcome = undefined;
      isEnded = true;
    },
    (error: unknown) => {
      outcome = `it fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      isEnded = true;
    },
  );
  const began = Date.now();
  while (!isEnded && Date.now() - began < mostMs) {
    await pause(60);
    if (isEnded) break;
    await run('workbench.action.closeQuickOpen');
    await run('notifications.clearAll');
    if (Date.now() - began > patienceMs) models.shown?.cancel();
  }
  await run('notifications.clearAll');
  return outcome;
}

/** Closes what a command opened, and brings back what was in front. */
async function tidy(front: vscode.Uri | undefined): Promise<void> {
  const { models } = await api();
  const activeUri = (): string | undefined => {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const hasUri = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText;
    return hasUri ? input.uri.toString() : undefined;
  };
  const tabs = (): number => vscode.window.tabGroups.all.flatMap((group) => group.tabs).length;
  const wanted = front === undefined ? 0 : 1;
  for (let i = 0; i < 10 && tabs() > wanted; i++) {
    if (front !== undefined && activeUri() === front.toString())
      await run('workbench.action.nextEditor');
    await run('workbench.action.revertAndCloseActiveEditor');
  }
  if (front === undefined || front.path.endsWith('.txt')) {
    if (front !== undefined && activeUri() !== front.toString())
      await vscode.window.showTextDocument(front);
    return;
  }
  await run('vscode.openWith', front, viewTypeOf(front));
  const document = await until('the model is open', () => models.find(front));
  document.cancel();
  await until('nothing runs any more', () => document.job === undefined);
  await document.discardPreview();
  if (document.isDirty) await run('workbench.action.files.revert');
  await until(
    'the model is as it was',
    () => document.state?.isComplete === true && !document.isDirty && !document.state.preview,
  );
}

/** Runs every command and gives what is wrong with any. */
async function tryAll(front: vscode.Uri | undefined): Promise<string[]> {
  const wrong: string[] = [];
  const notAwaited = (reason: unknown): void => {
    const stack = reason instanceof Error ? (reason.stack ?? '') : String(reason);
    // Of this extension: VS Code's own promises are not ours to answer for.
    if (stack.includes('dist/extension')) wrong.push(`not awaited: ${stack}`);
  };
  process.on('unhandledRejection', notAwaited);
  try {
    for (const id of commandIds()) {
      const outcome = await tryCommand(id);
      if (outcome !== undefined) wrong.push(`${id}: ${outcome}`);
      await tidy(front);
    }
  } finally {
    process.off('unhandledRejection', notAwaited);
  }
  return wrong;
}

describe('every command', () => {
  afterEach(closeAll);

  it('neither fails nor hangs with nothing open', async () => {
    await closeAll();
    assert.deepEqual(await tryAll(undefined), []);
  });

  it('neither fails nor hangs with a text file open', async () => {
    const notes = file('notes.txt');
    await vscode.window.showTextDocument(notes);
    assert.deepEqual(await tryAll(notes), []);
    await run('workbench.action.closeActiveEditor');
  });

  it('neither fails nor hangs with a model open', async () => {
    const model = file('walked.onnx');
    copyFileSync(file('net.onnx').fsPath, model.fsPath);
    await open('walked.onnx');
    assert.deepEqual(await tryAll(model), []);
  });

  it('is in the palette only where it does not refuse', async function () {
    if (!hasBridge) return this.skip();
    await closeAll();
    const { models } = await api();
    await until('no model is in view', () => models.shown === undefined);
    const listed = async (text: string): Promise<unknown> =>
      page('palette', { text: `Quantization: ${text}` });
    assert.deepEqual(await listed(''), [
      'Quantization: Open Quantization Diagnostics',
      'Quantization: Open the Sample',
      'Quantization: Restart Server',
      'Quantization: Show Log',
    ]);
    await open('net.onnx');
    assert.deepEqual(await listed('Repair'), [
      'Quantization: Repair: Run All Steps, Keep What Helps',
    ]);
    assert.deepEqual(await listed('Apply Preview'), []);
    assert.deepEqual(await listed('Keep My Corrections'), []);
  });
});
