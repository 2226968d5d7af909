import { strict as assert } from 'node:assert';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { onnx } from 'onnx-proto';
import * as vscode from 'vscode';
import { hasBridge, page } from './bridge.ts';
import { api, closeAll, file, open, slowness, until, untilSeen } from './window.ts';

type Rows = readonly unknown[];

/** Rows of the list of models, as VS Code asks for them. */
async function rows(parent?: unknown): Promise<{ row: unknown; item: vscode.TreeItem }[]> {
  const { modelsView } = await api();
  const children: Rows = await modelsView.getChildren(parent as never);
  return children.map((row) => ({ row, item: modelsView.getTreeItem(row as never) }));
}

const labels = (found: readonly { item: vscode.TreeItem }[]): string[] =>
  found.map(({ item: { label } }) => (typeof label === 'object' ? label.label : (label ?? '')));

/** Searches anew, as after a change that VS Code tells of. */
async function found(): Promise<string[]> {
  const { models } = await (await api()).searchModels();
  return models.map((uri) => vscode.workspace.asRelativePath(uri));
}

function write(name: string, text: string): void {
  mkdirSync(dirname(file(name).fsPath), { recursive: true });
  writeFileSync(file(name).fsPath, text);
}

const remove = (name: string): void => rmSync(file(name).fsPath, { recursive: true, force: true });

describe('the side bar', () => {
  afterEach(closeAll);

  it('lists models as they come and go', async () => {
    const has = async (name: string): Promise<boolean> => labels(await rows()).includes(name);
    assert.equal(await has('coming.onnx'), false);
    await untilSeen(
      'it is listed',
      () => write('coming.onnx', ''),
      () => has('coming.onnx'),
    );
    remove('coming.onnx');
    await until('it is gone', async () => !(await has('coming.onnx')));
  });

  it('looks into nothing that files.exclude, search.exclude or .gitignore leave out', async () => {
    const files = vscode.workspace.getConfiguration('files');
    const search = vscode.workspace.getConfiguration('search');
    const { Workspace } = vscode.ConfigurationTarget;
    const names = ['a/net', 'b/net', 'c/ignored/net', 'c/left', 'd/net'].map(
      (name) => `out/${name}.onnx`,
    );
    for (const name of names) write(name, '');
    const listed = async (): Promise<string[]> =>
      (await found()).filter((path) => path.startsWith('out/'));
    try {
      assert.deepEqual(await listed(), names);
      await files.update('exclude', { 'out/a': true }, Workspace);
      await search.update('exclude', { '**/b': true }, Workspace);
      write('out/c/.gitignore', 'ignored/\nleft.onnx\n');
      assert.deepEqual(await listed(), ['out/d/net.onnx']);
      // What lies in a folder that is left out is not even counted.
      assert.equal((await (await api()).searchModels()).ignored, 1);
      await search.update('useIgnoreFiles', false, Workspace);
      assert.deepEqual(await listed(), names.slice(2));
    } finally {
      await search.update('useIgnoreFiles', undefined, Workspace);
      await search.update('exclude', undefined, Workspace);
      await files.update('exclude', undefined, Workspace);
      remove('out');
    }
  });

  it('obeys a .gitignore that files.exclude hides, and finds endings in capitals', async () => {
    const files = vscode.workspace.getConfiguration('files');
    const { Workspace } = vscode.ConfigurationTarget;
    for (const name of ['bad/a.onnx', 'good/NET.H5', 'good/Model.Keras']) write(`g/${name}`, '');
    write('g/.gitignore', 'bad/\n');
    try {
      await files.update('exclude', { '**/.gitignore': true }, Workspace);
      const listed = (await found()).filter((path) => path.startsWith('g/'));
      assert.deepEqual(listed, ['g/good/Model.Keras', 'g/good/NET.H5']);
    } finally {
      await files.update('exclude', undefined, Workspace);
      remove('g');
    }
  });

  it('says where git ignores all models, and how to see them', async () => {
    const before = await found();
    await vscode.commands.executeCommand('rangefinder.models.focus');
    try {
      await untilSeen(
        'there is none',
        () => write('.gitignore', '*\n'),
        async () => (await rows()).length === 0,
      );
      const { models, ignored } = await (await api()).searchModels();
      assert.deepEqual([models, ignored], [[], before.length]);
      if (hasBridge)
        await page('see.window', { text: 'All models in this workspace are ignored by git.' });
    } finally {
      remove('.gitignore');
    }
    await until('they are back', async () => (await rows()).length > 0);
  });

  it('groups 10,000 models by folder without delay, and says how many there are', async () => {
    const model = readFileSync(file('net.onnx').fsPath);
    try {
      for (let i = 0; i < 10_000; i++) {
        const name = file(`many/${i % 20}/${i}.onnx`).fsPath;
        if (i < 20) mkdirSync(dirname(name), { recursive: true });
        writeFileSync(name, model);
      }
      const slower = await slowness();
      const began = performance.now();
      const all = await found();
      const ms = performance.now() - began;
      assert.ok(all.length >= 10_000, `${all.length} found`);
      // Measured 0.4 s on two busy cores; a walk through the files one by one takes ten times that.
      const mostMs = 5000 * Math.max(slower, await slowness());
      assert.ok(ms < mostMs, `${ms.toFixed(0)} of ${mostMs.toFixed(0)} ms`);
      await until('it is a folder', async () => labels(await rows()).includes('many'));
      const top = await rows();
      assert.ok(top.length < 50, `${top.length} rows`);
      const folder = top.find(({ item }) => item.label === 'many');
      assert.equal(folder?.item.description, '10,000');
      const inside = await rows(folder.row);
      assert.equal(inside.length, 20);
      const models = await rows(inside[0]?.row);
      // 500 models in the folder, of which the setting lists 200.
      assert.equal(models.length, 201);
      assert.equal(models.at(-1)?.item.label, '300 more');
      await vscode.commands.executeCommand('rangefinder.models.focus');
    } finally {
      remove('many');
    }
  });

  it('has target and data below an open model, and takes samples that are dropped there', async () => {
    const document = await open('sample/sample.onnx');
    const { modelsView } = await api();
    const [first] = await rows();
    assert.equal(first?.item.label, 'sample.onnx');
    const parts = await rows(first.row);
    assert.deepEqual(labels(parts), ['Target', 'Data']);
    assert.equal(parts[1]?.item.description, 'none');
    const dragged = new vscode.DataTransfer();
    const samples = file('sample/samples.npz').toString();
    dragged.set('text/uri-list', new vscode.DataTransferItem(`# comment\r\n${samples}\r\n`));
    await modelsView.handleDrop(parts[1].row as never, dragged);
    await until('the samples are open', () => document.state?.data);
    const [again] = await rows();
    const data = (await rows(again?.row))[1];
    assert.match(String(data?.item.description), /^samples\.npz · /);
    await until('they are measured', () => document.state?.evaluation);
    await document.data.choose(undefined);
  });

  it('takes a folder of samples that is dropped on Data', async () => {
    const values = new Uint8Array(new Float32Array(3 * 12 * 12).fill(0.5).buffer);
    const tensor = { dims: [1, 3, 12, 12], dataType: onnx.TensorProto.DataType.FLOAT };
    const bytes = onnx.TensorProto.encode({ ...tensor, rawData: values }).finish();
    for (let i = 0; i < 4; i++) {
      mkdirSync(file(`tests/test_data_set_${i}`).fsPath, { recursive: true });
      writeFileSync(file(`tests/test_data_set_${i}/input_0.pb`).fsPath, bytes);
    }
    const document = await open('net.onnx');
    const { modelsView } = await api();
    const [first] = await rows();
    const data = (await rows(first?.row))[1];
    const dragged = new vscode.DataTransfer();
    dragged.set('text/uri-list', new vscode.DataTransferItem(file('tests').toString()));
    await modelsView.handleDrop(data?.row as never, dragged);
    await until('they are measured', () => document.state?.evaluation);
    assert.match(document.state?.data?.label ?? '', /^tests · /);
    await document.data.choose(undefined);
    remove('tests');
  });

  const drop = async (name: string): Promise<void> => {
    const dragged = new vscode.DataTransfer();
    dragged.set('text/uri-list', new vscode.DataTransferItem(file(name).toString()));
    await (await api()).modelsView.handleDrop(undefined, dragged);
  };

  it('opens a model that is dropped on the list, a model.json too', async () => {
    const { models } = await api();
    for (const name of ['net.onnx', 'web/model.json']) {
      await drop(name);
      await until(`${name} is open`, () => models.find(file(name))?.state);
    }
  });

  it('opens a model of another program to say how it comes here', async () => {
    const { models } = await api();
    try {
      for (const name of ['other.tflite', 'other.pt']) {
        write(name, 'some bytes');
        await drop(name);
        const fault = await until(`${name} is open`, () => models.find(file(name))?.fault);
        assert.equal(fault.code, 'not-supported-yet');
        if (hasBridge) await page('see', { text: 'Not a model that can be corrected here' });
      }
    } finally {
      await closeAll();
      for (const name of ['other.tflite', 'other.pt']) remove(name);
    }
  });
});
