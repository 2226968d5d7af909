import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { viewTypeOf } from '../../../src/modelFiles.ts';
import { api, run, until } from './window.ts';

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

export const contributions = (): Contributions['contributes'] => {
  const extension = vscode.extensions.getExtension('rangefinder.rangefinder');
  assert.ok(extension);
  return (extension.packageJSON as Contributions).contributes;
};

/** Commands that the palette has only where this key is set. */
export const asking = (key: string): readonly string[] => {
  const { commands, menus } = contributions();
  return commands
    .filter(({ command, enablement = '' }) => {
      const item = menus.commandPalette.find((one) => one.command === command);
      return `${enablement} ${item?.when ?? ''}`.includes(`rangefinder.${key}`);
    })
    .map(({ command }) => command);
};

/** What is around each command of a walk. */
interface Walk {
  readonly prepare?: () => Promise<void>;
  /** What is wrong with what a command left, before all is as it was. */
  readonly check?: (id: string) => string | undefined;
  /** What runs so long is stopped. */
  readonly patience?: number;
}

/**
 * Runs a command and says no to everything that it asks. Gives what is wrong with it, and with what
 * it left when it ended, or before it is stopped.
 */
async function tryCommand(
  id: string,
  { check, patience = patienceMs }: Walk,
): Promise<string | undefined> {
  const { models } = await api();
  let left: string | undefined;
  let isLate = false;
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
    if (Date.now() - began < patience) continue;
    if (!isLate) left = check?.(id);
    isLate = true;
    models.shown?.cancel();
  }
  if (!isLate) left = check?.(id);
  // What it told without waiting for an answer.
  await run('notifications.clearAll');
  return outcome ?? left;
}

/** True for what the tests open as a text. */
const isText = ({ path }: vscode.Uri): boolean => /\.(txt|encodings)$/.test(path);

/** True where that is in front: a text as a text, a model as a model. */
function isShown(uri: vscode.Uri): boolean {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const kind = isText(uri) ? vscode.TabInputText : vscode.TabInputCustom;
  return input instanceof kind && input.uri.toString() === uri.toString();
}

/** True where the model alone is open, and nothing happened to it. */
async function isAsItWas(model: vscode.Uri): Promise<boolean> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const document = (await api()).models.find(model);
  if (!document || tabs.length !== 1) return false;
  const { state, fault, isDirty, job } = document;
  return !isDirty && !job && !state?.preview && (fault ?? state?.isComplete) !== undefined;
}

/** Closes what a command opened, and brings back what was in front. */
async function tidy(front: vscode.Uri | undefined): Promise<void> {
  const { models } = await api();
  const isInFront = (): boolean => front !== undefined && isShown(front);
  if (front !== undefined && !isText(front) && isInFront() && (await isAsItWas(front))) return;
  const tabs = (): number => vscode.window.tabGroups.all.flatMap((group) => group.tabs).length;
  const wanted = front === undefined ? 0 : 1;
  for (let i = 0; i < 10 && tabs() > wanted; i++) {
    if (isInFront()) await run('workbench.action.nextEditor');
    await run('workbench.action.revertAndCloseActiveEditor');
  }
  if (front === undefined || isText(front)) {
    if (front !== undefined && !isInFront()) await vscode.window.showTextDocument(front);
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

/** Runs every command, and gives what is wrong with any. */
export async function tryAll(front: vscode.Uri | undefined, walk: Walk = {}): Promise<string[]> {
  const wrong: string[] = [];
  const notAwaited = (reason: unknown): void => {
    const stack = reason instanceof Error ? (reason.stack ?? '') : String(reason);
    // Of this extension: VS Code's own promises are not ours to answer for.
    if (stack.includes('dist/extension')) wrong.push(`not awaited: ${stack}`);
  };
  process.on('unhandledRejection', notAwaited);
  try {
    for (const { command } of contributions().commands) {
      await walk.prepare?.();
      const outcome = await tryCommand(command, walk);
      if (outcome !== undefined) wrong.push(`${command}: ${outcome}`);
      await tidy(front);
    }
  } finally {
    process.off('unhandledRejection', notAwaited);
  }
  return wrong;
}
