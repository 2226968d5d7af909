import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { onnx } from 'onnx-proto';
import * as vscode from 'vscode';
import { ping } from '../../../server/protocol/requests.ts';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import type { Api } from '../../../src/extension.ts';
import { viewTypeOf } from '../../../src/modelFiles.ts';
import { hasBridge, page } from './bridge.ts';

/** What the extension exports; activates it. */
export async function api(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>('rangefinder.rangefinder');
  assert.ok(extension, 'the extension is there');
  return extension.activate();
}

/** A file of the workspace. */
export function file(name: string): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'a folder is open');
  return vscode.Uri.joinPath(folder.uri, name);
}

/** Only what hangs takes that long; it is below mocha's, so that a failing test says what it waited for. */
const patienceMs = 90_000;

/** Waits until `probe` gives something true. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`timed out: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Changes files until that is seen, again every few seconds: VS Code begins to watch a file some
 * time after it was asked to, and never says when.
 */
export async function untilSeen<T>(
  what: string,
  change: () => void,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  let next = 0;
  return until(what, async () => {
    const value = await probe();
    if (value || Date.now() < next) return value;
    change();
    next = Date.now() + 10_000;
    return undefined;
  });
}

/** Opens a model in the editor and waits until it is read and measured, or cannot be read. */
export async function open(name: string): Promise<ModelDocument> {
  const uri = file(name);
  const { models } = await api();
  await vscode.commands.executeCommand('vscode.openWith', uri, viewTypeOf(uri));
  const document = await until(`${name} is open`, () => models.find(uri));
  await until(`${name} is read`, () => document.fault ?? document.state?.isComplete);
  return document;
}

/** The tab of the model, in whichever group. */
export function tabOf(document: ModelDocument): vscode.Tab | undefined {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.find(
    ({ input }) =>
      input instanceof vscode.TabInputCustom && input.uri.toString() === document.uri.toString(),
  );
}

export const untilDirty = (document: ModelDocument): Promise<boolean> =>
  until('the tab is marked as changed', () => tabOf(document)?.isDirty);

export const untilClean = (document: ModelDocument): Promise<boolean> =>
  until('the tab is not marked as changed', () => tabOf(document)?.isDirty === false);

/** Waits until exactly these steps are applied: VS Code does not wait for an undo of ours. */
export const untilApplied = (document: ModelDocument, ...steps: string[]): Promise<boolean> =>
  until(`${steps.join()} is what is applied`, () => {
    const applied = document.state?.changes.map(({ step }) => step);
    return applied?.join() === steps.join();
  });

/** Does something while the server answers nothing. */
export async function whileHeld(work: () => Promise<unknown>): Promise<void> {
  const { pid } = await (await api()).server.ask(ping, null);
  process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Lets VS Code take in an edit that was just made: it comes to its undo list by message. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

/** How many times slower than usual this machine is just now; 1 where nobody says. */
export const slowness = async (): Promise<number> =>
  hasBridge ? Number(await page('slowness')) : 1;

/** Runs a command and waits for it. */
export const run = (command: string, ...values: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(command, ...values);

/** Closes all editors without saving; what is dirty is reverted first, so that nobody asks. */
export async function closeAll(): Promise<void> {
  const { models } = await api();
  for (const document of models.all) {
    if (!document.isDirty) continue;
    await run('vscode.openWith', document.uri, viewTypeOf(document.uri));
    await run('workbench.action.files.revert');
  }
  await run('workbench.action.closeAllEditors');
  await until('all models are closed', () => models.all.length === 0);
}

/** The file on disk as another party's decoder reads it. */
export function onDisk(name: string): {
  operators: string[];
  /** Name and bytes of every constant, by name. */
  initializers: (readonly [string, string])[];
  weight(tensor: string): number[];
} {
  const model = onnx.ModelProto.decode(readFileSync(file(name).fsPath));
  const graph = model.graph;
  assert.ok(graph, 'the file has a graph');
  return {
    operators: (graph.node ?? []).map(({ opType }) => opType ?? ''),
    initializers: (graph.initializer ?? [])
      .map((t) => [t.name ?? '', Buffer.from(t.rawData ?? []).toString('hex')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    weight(tensor) {
      const found = (graph.initializer ?? []).find((t) => t.name === tensor);
      assert.ok(found?.rawData, `${tensor} has raw data`);
      const raw = Uint8Array.from(found.rawData);
      return [...new Float32Array(raw.buffer)];
    },
  };
}
