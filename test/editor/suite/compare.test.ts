import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as vscode from 'vscode';
import type { Comparison, ComparisonView } from '../../../server/protocol/compare.ts';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { hasBridge, page } from './bridge.ts';
import { api, closeAll, file, open, run, until, untilClean, untilDirty } from './window.ts';

/** The folder of a repository in the workspace. */
const at = (folder: string): string => file(folder).fsPath;

function git(folder: string, ...words: readonly string[]): void {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  execFileSync('git', [...who, ...words], { cwd: at(folder), stdio: 'pipe' });
}

function commit(folder: string, message: string): void {
  git(folder, 'add', '.');
  git(folder, 'commit', '-m', message);
}

/** What came of the comparison, once it is answered. */
async function answered(document: ModelDocument): Promise<Comparison> {
  const { view } = await untilAnswered(document);
  assert.equal(view.fault, undefined);
  assert.ok(view.result);
  return view.result;
}

async function untilAnswered(document: ModelDocument): Promise<{ view: ComparisonView }> {
  await until('the comparison is answered', () => {
    const { isBusy, result, fault, sides } = document.comparison.view;
    return sides.some(({ kind }) => kind === 'other') && !isBusy && (result ?? fault);
  });
  return { view: document.comparison.view };
}

describe('comparing a model with its past', () => {
  const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('git');
  let titleOfFirst = '';

  before(async () => {
    mkdirSync(at('versions'));
    git('versions', 'init', '--initial-branch=main');
    copyFileSync(file('other.onnx').fsPath, file('versions/net.onnx').fsPath);
    cpSync(at('untouched'), at('versions/web'), { recursive: true });
    commit('versions', 'Add the models');
    await settings().update('enabled', true, vscode.ConfigurationTarget.Global);
  });
  after(() => settings().update('enabled', undefined, vscode.ConfigurationTarget.Global));
  afterEach(closeAll);

  it('compares with the last commit: the same until a layer is equalized', async () => {
    const document = await open('versions/net.onnx');
    await run('rangefinder.compareWithLastCommit');
    const same = await answered(document);
    titleOfFirst = same.sides[0].title;
    assert.match(titleOfFirst, /^net\.onnx at [0-9a-f]{7} \(Add the models\)$/);
    assert.equal(same.layers.length, 4);
    assert.ok(same.layers.every(({ apart, first, second }) => apart === 'inf' && first === second));
    if (hasBridge) await page('see', { text: '4 of 4 layers matched' });
    await run('rangefinder.repair');
    await untilDirty(document);
    const repaired = await until('the open tab compares again', () => {
      const { result, isStale } = document.comparison.view;
      return !isStale && result?.revision === document.state?.revision && result;
    });
    assert.ok(repaired.layers.some(({ first, second }) => Number(second) > Number(first) + 1));
    await run('workbench.action.files.save');
    await untilClean(document);
    commit('versions', 'Repair net.onnx');
  });

  it('compares with any revision that is picked', async function () {
    if (!hasBridge) return this.skip();
    const document = await open('versions/net.onnx');
    const asked = run('rangefinder.compareWithRevision');
    await page('see.window', { text: 'Add the models' });
    await page('pick', { text: 'Add the models' });
    await asked;
    const found = await answered(document);
    assert.equal(found.sides[0].title, titleOfFirst);
    assert.ok(found.layers.some(({ apart }) => apart !== 'inf'));
    await run('rangefinder.compareWithLastCommit');
    const last = await answered(document);
    assert.ok(last.layers.every(({ apart }) => apart === 'inf'));
  });

  it('says which revision is no model, and compares with another one after that', async () => {
    writeFileSync(file('versions/once.onnx').fsPath, 'This was not a model then.\n');
    commit('versions', 'Add a text');
    copyFileSync(file('other.onnx').fsPath, file('versions/once.onnx').fsPath);
    const document = await open('versions/once.onnx');
    await run('rangefinder.compareWithLastCommit');
    const { view } = await untilAnswered(document);
    const { fault, result } = view;
    assert.equal(result, undefined);
    const told = `${fault?.message} ${fault?.where} ${fault?.remedy}`;
    assert.match(told, /once\.onnx at [0-9a-f]{7} \(Add a text\)/);
    assert.doesNotMatch(told, /rangefinder-revision-/, 'not where it lay');
    commit('versions', 'Make it a model');
    await run('rangefinder.compareWithLastCommit');
    const layers = await until('it is compared', () => document.comparison.view.result?.layers);
    assert.ok(layers.every(({ apart }) => apart === 'inf'));
  });

  it('brings the weights that lie beside a model, and removes what it brought', async () => {
    const temporary = (): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith('rangefinder-revision-'));
    const document = await open('versions/web/model.json');
    await run('rangefinder.compareWithLastCommit');
    const found = await answered(document);
    assert.ok(found.layers.length > 0);
    assert.ok(found.layers.every(({ apart }) => apart === 'inf'));
    assert.equal(temporary().length, 1);
    await closeAll();
    await until('the revision is gone', () => temporary().length === 0);
  });

  it('tells weights from activations of a model that is measured, while its tab is looked at', async () => {
    const document = await open('versions/net.onnx');
    await run('rangefinder.useSyntheticInputs');
    await until('it is measured', () => document.state?.evaluation);
    await run('rangefinder.showCompare');
    const { layers } = await until('the open tab has asked', () => document.comparison.view.result);
    assert.equal(layers.length, 4);
    assert.ok(layers.every(({ weights, activations }) => weights && activations));
    await run('rangefinder.compareWithLastCommit');
    const found = await answered(document);
    assert.equal(found.figure, 'soFar');
    if (hasBridge) await page('see', { text: '4 of 4 layers matched' });
    if (hasBridge) await page('screenshot', { name: 'compared.png' });
  });

  it('compares formats with each other', async () => {
    const document = await open('net.h5');
    await document.comparison.compare([
      { title: 'model.json', path: file('web/model.json').fsPath, dispose: () => undefined },
      'now',
    ]);
    const found = await answered(document);
    assert.equal(found.unmatched.first.length + found.unmatched.second.length, 0);
    assert.ok(found.layers.every(({ apart }) => apart === 'inf'));
  });

  it('compares the two models that are selected in the explorer', async function () {
    if (!hasBridge) return this.skip();
    const { models } = await api();
    await run('workbench.view.explorer');
    await page('explorer', {
      names: ['other.onnx', 'net.onnx'],
      label: 'Compare selected models',
    });
    const document = await until('the second is open', () => models.find(file('net.onnx')));
    const found = await answered(document);
    assert.deepEqual(
      found.sides.map(({ title }) => title),
      ['other.onnx', 'Quantized, now'],
    );
    assert.equal(found.layers.length, 4);
  });

  it('opens from the diff of two models', async () => {
    const [left, right] = [file('net.onnx'), file('versions/net.onnx')];
    const found = await fromDiff(left, right);
    assert.deepEqual(
      found.sides.map(({ title }) => title),
      ['net.onnx', 'Quantized, now'],
    );
    assert.equal(found.layers.length, 4);
  });

  it('opens from the diff with a revision, as source control shows it', async () => {
    const right = file('versions/net.onnx');
    const query = JSON.stringify({ path: right.fsPath, ref: 'HEAD' });
    const found = await fromDiff(right.with({ scheme: 'git', query }), right);
    assert.equal(found.sides[0].title, 'net.onnx at HEAD');
    assert.ok(found.layers.every(({ apart }) => apart === 'inf'));
  });

  // The last one: a git extension that was switched off and on again does not show revisions.
  it('says what is missing: a commit, the file in it, a repository', async () => {
    const { GitRevisions } = await import('../../../src/gitRevisions.ts');
    const { gitApi } = await import('../../../src/git.ts');
    const revisions = new GitRevisions(gitApi, () => vscode.workspace.isTrusted);
    const codeOf = async (asked: Promise<unknown>): Promise<string> => {
      try {
        await asked;
      } catch (thrown) {
        return (thrown as { fault?: { code: string } }).fault?.code ?? String(thrown);
      }
      return 'answered';
    };
    mkdirSync(at('unborn'));
    git('unborn', 'init');
    copyFileSync(file('other.onnx').fsPath, file('unborn/net.onnx').fsPath);
    assert.equal(await codeOf(revisions.last(file('unborn/net.onnx'))), 'no-commits');
    copyFileSync(file('other.onnx').fsPath, file('versions/new.onnx').fsPath);
    assert.equal(await codeOf(revisions.list(file('versions/new.onnx'))), 'not-in-revision');
    assert.equal(
      await codeOf(revisions.read(file('versions/new.onnx'), 'HEAD')),
      'not-in-revision',
    );
    assert.equal(await codeOf(revisions.last(file('other.onnx'))), 'not-in-git');
    writeFileSync(file('versions/text.onnx').fsPath, 'This is not a model.\n');
    commit('versions', 'Add a text');
    const text = await revisions.read(file('versions/text.onnx'), 'HEAD');
    assert.equal(new TextDecoder().decode(text), 'This is not a model.\n');
    await settings().update('enabled', false, vscode.ConfigurationTarget.Global);
    assert.equal(await codeOf(revisions.last(file('versions/net.onnx'))), 'no-git');
    await settings().update('enabled', true, vscode.ConfigurationTarget.Global);
    assert.ok(existsSync(file('versions/net.onnx').fsPath));
  });
});

/** What the Compare button of the built-in diff leads to. */
async function fromDiff(left: vscode.Uri, right: vscode.Uri): Promise<Comparison> {
  await run('vscode.diff', left, right, 'Two models');
  const { models } = await api();
  await until('both sides are read', () => {
    const sides = [left, right].map((uri) => models.find(uri));
    return sides.every((side) => side?.state ?? side?.fault);
  });
  if (hasBridge) await page('click.window', { role: 'button', name: 'Compare models' });
  else await run('rangefinder.compareEditors', right);
  const document = models.find(right);
  assert.ok(document);
  return answered(document);
}
