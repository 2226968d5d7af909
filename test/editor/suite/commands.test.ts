import { strict as assert } from 'node:assert';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { viewTypeOf } from '../../../src/modelFiles.ts';
import { hasBridge, page } from './bridge.ts';
import { api, closeAll, file, open, run, until } from './window.ts';

interface Contributed {
  readonly command: string;
  readonly enablement?: string;
}

interface Contributions {
  readonly contributes: {
    readonly commands: readonly Contributed[];
    readonly menus: {
      readonly commandPalette: readonly { readonly command: string; readonly when: string }[];
    };
  };
}

/** A command that neither ends nor asks anything within this time hangs. */
const mostMs = 90_000;
/** Long work is stopped: that it ends well is for other tests to say. */
const patienceMs = 1500;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const contributions = (): Contributions['contributes'] => {
  const extension = vscode.extensions.getExtension('rangefinder.rangefinder');
  assert.ok(extension);
  return (extension.packageJSON as Contributions).contributes;
};

/** Commands that the palette has only where this key is set. */
const asking = (key: string): readonly string[] => {
  const { commands, menus } = contributions();
  return commands
    .filter(({ command, enablement = '' }) => {
      const item = menus.commandPalette.find((one) => one.command === command);
      return `${enablement} ${item?.when ?? ''}`.includes(`rangefinder.${key}`);
    })
    .map(({ command }) => command);
};

/** Runs a command and says no to everything that it asks. Gives what is wrong with it. */
async function tryCommand(id: string): Promise<string | undefined> {
  const { models } = await api();
  let outcome: string | undefined = 'it does not end, though nothing is left to answer';
  let isEnded = false;
  const ended = Promise.resolve(run(id)).then(
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
    await Promise.race([ended, pause(60)]);
    if (isEnded) break;
    await run('workbench.action.closeQuickOpen');
    await run('notifications.clearAll');
    if (Date.now() - began > patienceMs) models.shown?.cancel();
  }
  // What it told without waiting for an answer.
  await run('notifications.clearAll');
  return outcome;
}

/** True for what the tests open as a text. */
const isText = ({ path }: vscode.Uri): boolean => /\.(txt|encodings)$/.test(path);

/** True where the model alone is open, in front, and nothing happened to it. */
async function isAsItWas(model: vscode.Uri, active: string | undefined): Promise<boolean> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const document = (await api()).models.find(model);
  if (!document || tabs.length !== 1 || active !== model.toString()) return false;
  const { state, fault, isDirty, job } = document;
  return !isDirty && !job && !state?.preview && (fault ?? state?.isComplete) !== undefined;
}

/** Closes what a command opened, and brings back what was in front. */
async function tidy(front: vscode.Uri | undefined): Promise<void> {
  const { models } = await api();
  const activeUri = (): string | undefined => {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const hasUri = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText;
    return hasUri ? input.uri.toString() : undefined;
  };
  if (front !== undefined && !isText(front) && (await isAsItWas(front, activeUri()))) return;
  const tabs = (): number => vscode.window.tabGroups.all.flatMap((group) => group.tabs).length;
  const wanted = front === undefined ? 0 : 1;
  for (let i = 0; i < 10 && tabs() > wanted; i++) {
    if (front !== undefined && activeUri() === front.toString())
      await run('workbench.action.nextEditor');
    await run('workbench.action.revertAndCloseActiveEditor');
  }
  if (front === undefined || isText(front)) {
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
  await until('the model is as it was', () => {
    const { state, fault, isDirty } = document;
    return fault !== undefined || (state?.isComplete === true && !isDirty && !state.preview);
  });
}

/** What is around each command of a walk. */
interface Walk {
  readonly prepare?: () => Promise<void>;
  /** What is wrong after a command, before all is as it was. */
  readonly check?: (id: string) => string | undefined;
}

/** Runs every command, and gives what is wrong with any. */
async function tryAll(
  front: vscode.Uri | undefined,
  { prepare, check }: Walk = {},
): Promise<string[]> {
  const wrong: string[] = [];
  const notAwaited = (reason: unknown): void => {
    const stack = reason instanceof Error ? (reason.stack ?? '') : String(reason);
    // Of this extension: VS Code's own promises are not ours to answer for.
    if (stack.includes('dist/extension')) wrong.push(`not awaited: ${stack}`);
  };
  process.on('unhandledRejection', notAwaited);
  try {
    for (const { command } of contributions().commands) {
      await prepare?.();
      const outcome = (await tryCommand(command)) ?? check?.(command);
      if (outcome !== undefined) wrong.push(`${command}: ${outcome}`);
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

  it('neither fails nor hangs with a file of encodings open', async () => {
    const encodings = file('walked.encodings');
    writeFileSync(encodings.fsPath, '{"version": "1.0.0", "activation_encodings": []}\n');
    await vscode.window.showTextDocument(encodings);
    assert.deepEqual(await tryAll(encodings), []);
    await run('workbench.action.closeActiveEditor');
    rmSync(encodings.fsPath);
  });

  const walked: readonly (readonly [kind: string, from: string, to: string])[] = [
    ['an ONNX model', 'net.onnx', 'walked.onnx'],
    ['a Keras model', 'net.keras', 'walked.keras'],
    ['a model of TensorFlow.js', 'untouched', 'walked'],
    ['a model that is quantized already', 'quantized.onnx', 'walkedToo.onnx'],
    ['a file that is no model', 'text.onnx', 'walkedText.onnx'],
  ];
  for (const [kind, from, to] of walked) {
    it(`neither fails nor hangs with ${kind} open`, async () => {
      cpSync(file(from).fsPath, file(to).fsPath, { recursive: true });
      const name = to.includes('.') ? to : `${to}/model.json`;
      await open(name);
      assert.deepEqual(await tryAll(file(name)), []);
      await closeAll();
      rmSync(file(to).fsPath, { recursive: true, force: true });
    });
  }

  it('neither fails nor hangs with a preview shown, which stays where the palette has no such command', async () => {
    cpSync(file('net.onnx').fsPath, file('walkedPreview.onnx').fsPath);
    const document = await open('walkedPreview.onnx');
    const refused = asking('canRepair');
    assert.ok(refused.length > 10);
    const prepare = async (): Promise<void> => {
      await run('rangefinder.previewFold');
      await until('the preview is shown', () => document.state?.preview);
    };
    const check = (id: string): string | undefined => {
      const { state, isDirty } = document;
      const isUntouched = state?.preview?.steps.join() === 'fold' && !isDirty;
      return refused.includes(id) && !isUntouched ? 'it is done all the same' : undefined;
    };
    assert.deepEqual(await tryAll(document.uri, { prepare, check }), []);
    await closeAll();
    rmSync(file('walkedPreview.onnx').fsPath);
  });

  it('is in the palette only where it does not refuse', async function () {
    if (!hasBridge) return this.skip();
    await closeAll();
    const { models } = await api();
    await until('no model is in view', () => models.shown === undefined);
    let all: readonly string[] = [];
    const readPalette = async (): Promise<void> => {
      all = (await page('palette', { text: 'Quantization: ' })) as readonly string[];
    };
    const listed = (text: string): readonly string[] =>
      all.filter((title) => title.startsWith(`Quantization: ${text}`));
    await readPalette();
    assert.deepEqual(listed(''), [
      'Quantization: Open quantization diagnostics',
      'Quantization: Open the sample',
      'Quantization: Restart server',
      'Quantization: Show log',
    ]);
    await open('net.onnx');
    await readPalette();
    assert.deepEqual(listed('Repair'), ['Quantization: Repair: run all steps, keep what helps']);
    assert.deepEqual(listed('Apply preview'), []);
    assert.deepEqual(listed('Keep my corrections'), []);
    assert.deepEqual(listed('Save as ONNX'), [], 'it is ONNX');
    assert.deepEqual(listed('Open the float model'), [], 'it is float');
    await run('rangefinder.previewFold');
    await until('the preview is shown', () => models.shown?.state?.preview);
    await readPalette();
    assert.deepEqual(listed('Apply preview'), ['Quantization: Apply preview']);
    for (const step of ['Repair', 'Preview'])
      assert.deepEqual(listed(step), [], `${step}: a preview is shown`);
    await models.shown?.discardPreview();
    await open('net.h5');
    await readPalette();
    assert.deepEqual(listed('Save as ONNX'), ['Quantization: Save as ONNX...']);
    await open('quantized.onnx');
    await readPalette();
    for (const step of ['Repair', 'Equalize', 'Preview', 'Show ledger', 'Export encodings'])
      assert.deepEqual(listed(step), [], `${step}: it is quantized`);
    assert.deepEqual(listed('Open the float model'), ['Quantization: Open the float model...']);
    assert.deepEqual(listed('Choose samples'), ['Quantization: Choose samples...']);
    await open('text.onnx');
    await readPalette();
    assert.deepEqual(listed('Read the file'), ['Quantization: Read the file again']);
    assert.deepEqual(listed('Show layers'), [], 'it cannot be read');
  });
});
