import { strict as assert } from 'node:assert';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { closeAll, file, open, run, until, untilSeen } from './window.ts';

const folder = 'team';
const model = `${folder}/net.onnx`;
const write = (text: string): void =>
  writeFileSync(file(`${folder}/rangefinder.json`).fsPath, text);
const faults = (): readonly vscode.Diagnostic[] =>
  vscode.languages
    .getDiagnostics(file(`${folder}/rangefinder.json`))
    .filter(({ source }) => source === 'Rangefinder');

describe('rangefinder.json', () => {
  beforeEach(() => {
    mkdirSync(file(folder).fsPath, { recursive: true });
    writeFileSync(file(model).fsPath, readFileSync(file('net.onnx').fsPath));
  });
  afterEach(async () => {
    await closeAll();
    rmSync(file(folder).fsPath, { recursive: true, force: true });
  });

  it('opens the samples that it names by themselves, and follows them while the model is open', async () => {
    write('{ "data": "synthetic:3" }');
    const document = await open(model);
    await until('samples are open', () =>
      document.state?.data?.label.startsWith('synthetic, seed 3'),
    );
    const choice = await until('they are the choice', () => document.data.choice);
    assert.deepEqual(choice, { path: 'synthetic:3' });
    await untilSeen(
      'others are',
      () => write('{ "data": "synthetic:4" }'),
      () => document.state?.data?.label.startsWith('synthetic, seed 4'),
    );
    await untilSeen(
      'none are',
      () => write('{}'),
      () => document.state !== undefined && !document.state.data,
    );
    assert.equal(document.isDirty, false);
  });

  it('has its sets obeyed by Equalize, and followed while the model is open', async () => {
    write('{ "sets": ["pointwise, dense"] }');
    const document = await open(model);
    const offered = (): string =>
      (document.state?.ledger ?? [])
        .filter(({ step, outcome }) => step === 'Equalize' && outcome === 'available')
        .map(({ place }) => place)
        .join();
    const title = (): string | undefined => document.state?.preview?.title;
    await until('just the set is offered', () => offered() === 'pointwise → dense');
    await untilSeen(
      'all are',
      () => write('{}'),
      () => offered().split(',').length > 1,
    );
    await untilSeen(
      'nothing is',
      () => write('{ "sets": ["pointwise, nothing"] }'),
      () => offered() === '',
    );
    await run('rangefinder.previewEqualize');
    assert.equal(title(), undefined, 'refused, and others are not done instead');
    await untilSeen(
      'the set is offered again',
      () => write('{ "sets": ["pointwise, dense"] }'),
      () => offered() === 'pointwise → dense',
    );
    await run('rangefinder.previewEqualize');
    assert.equal(title(), 'Preview of Fold and Equalize');
    await run('rangefinder.discardPreview');
  });

  it('has its target obeyed and followed, until one is chosen, which is kept for the model', async () => {
    write('{ "target": "tensor-int8" }');
    const document = await open(model);
    const profile = (of = document): string | undefined => of.state?.target.profile;
    assert.equal(profile(), 'tensor-int8');
    await untilSeen(
      'another is obeyed',
      () => write('{ "target": "w4" }'),
      () => profile() === 'w4',
    );
    await untilSeen(
      'what is no target is listed',
      () => write('{\n  "target": "w5"\n}'),
      () => faults().some(({ range }) => range.start.line === 1),
    );
    await until('the settings are obeyed', () => profile() === 'default');
    assert.ok(document.state);
    await document.setTarget({ ...document.state.target, profile: 'custom', weightBits: 6 });
    assert.equal(document.isDirty, false);
    await closeAll();
    const again = await open(model);
    assert.deepEqual([profile(again), again.state?.target.weightBits], ['custom', 6]);
    await until('faults were read', () => faults().length > 0);
    assert.ok(again.state);
    await again.setTarget({ ...again.state.target, profile: 'default', weightBits: 8 });
    await closeAll();
    write('{ "target": "tensor-int8" }');
    assert.equal(profile(await open(model)), 'tensor-int8');
  });

  it('has its errors under Problems at their line, and is obeyed in the rest', async () => {
    write('{\n  "data": "synthetic:3",\n  "judge": "all"\n}');
    const document = await open(model);
    await until('the error is listed', () => faults().length === 1);
    const [fault] = faults();
    assert.equal(fault?.range.start.line, 2);
    assert.match(fault.message, /"judge".*not a range/);
    assert.equal(document.state?.data, undefined);
    await untilSeen(
      'it is gone',
      () => write('{\n  "data": "synthetic:3"\n}'),
      () => faults().length === 0,
    );
    await until('it is obeyed', () => document.state?.data);
  });

  it('goes back to what it says without a range that no sample is in, once that is taken out', async () => {
    write('{ "data": "synthetic:3", "judge": "0..4" }');
    const document = await open(model);
    await until('samples are open', () => document.data.choice?.judge === '0..4');
    const failures: string[] = [];
    const watching = document.onNotice((notice) => {
      if (notice.kind === 'failed') failures.push(notice.fault.message);
    });
    const isBeyond = ({ code }: vscode.Diagnostic): boolean =>
      typeof code === 'object' && code.value === 'bad-range';
    await untilSeen(
      'the range is told of',
      () => write('{ "data": "synthetic:3", "judge": "0..9999" }'),
      () => faults().some(isBeyond) && failures.length > 0,
    );
    assert.match(failures.join(), /ends after the last sample/);
    assert.equal(document.data.choice?.judge, '0..4', 'what is open stays');
    await untilSeen(
      'the samples are those of the file',
      () => write('{ "data": "synthetic:3" }'),
      () => document.data.choice !== undefined && document.data.choice.judge === undefined,
    );
    await until('nothing is told any longer', () => faults().length === 0);
    watching.dispose();
  });

  it('gives way to its own text editor, where each fault is told once, and by us', async () => {
    write(
      [
        '{',
        '  "dims": {},',
        '  "judge": "all",',
        '  "corection": "0..4",',
        '  "problems": {',
        '    "ignore": ["weaklayer"],',
        '    "weakLayerDb": "20"',
        '  },',
        '  "preprocess": { "resize": "cropp", "antialias": "yes", "fill": 999 },',
        '  "dims": {}',
        '}',
      ].join('\n'),
    );
    await open(model);
    const codes = (): unknown[] =>
      faults().map(({ code }) => (typeof code === 'object' ? code.value : code));
    const expected =
      'wrong-value unknown-key wrong-value wrong-type wrong-value wrong-type wrong-value';
    await until('the errors are listed', () => codes().join(' ') === expected);
    const [fault] = faults();
    assert.ok(typeof fault?.code === 'object');
    assert.match(fault.code.target.path, /docs\/wrong-value\.md$/);
    const uri = file(`${folder}/rangefinder.json`);
    await vscode.commands.executeCommand('vscode.open', uri);
    const told = (): readonly vscode.Diagnostic[] => vscode.languages.getDiagnostics(uri);
    // What JSON itself has to say comes with what a schema has.
    const isOfJson = ({ message }: vscode.Diagnostic): boolean => message.startsWith('Duplicate');
    await until('VS Code has checked the text', () => told().some(isOfJson));
    const hasPage = ({ code }: vscode.Diagnostic): boolean => typeof code === 'object';
    await until('we have', () => codes().length === 7 && faults().every(hasPage));
    const places = told()
      .filter((one) => !isOfJson(one))
      .map(({ range: { start }, code, source }) => [
        start.line,
        start.character,
        typeof code === 'object' ? code.value : code,
        source,
      ]);
    const ours = 'Rangefinder';
    assert.deepEqual(
      places.sort(
        ([a = 0, c = 0], [b = 0, d = 0]) => Number(a) - Number(b) || Number(c) - Number(d),
      ),
      [
        [2, 11, 'wrong-value', ours],
        [3, 2, 'unknown-key', ours],
        [5, 15, 'wrong-value', ours],
        [6, 19, 'wrong-type', ours],
        [8, 28, 'wrong-value', ours],
        [8, 50, 'wrong-type', ours],
        [8, 65, 'wrong-value', ours],
      ],
    );
  });

  it('has its names and values completed and explained by its JSON Schema', async () => {
    const text =
      '{\n  "judge": "0..4",\n  "problems": { "ignore": [""] },\n  "preprocess": { "resize": "" }\n}';
    write(text);
    const uri = file(`${folder}/rangefinder.json`);
    const document = await vscode.workspace.openTextDocument(uri);
    const at = (what: string): vscode.Position =>
      document.positionAt(document.getText().indexOf(what) + what.length);
    const labels = async (what: string): Promise<readonly string[]> => {
      const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        uri,
        at(what),
      );
      return items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    const isOffered = (what: string, label: string): Promise<unknown> =>
      until(`${label} is offered`, async () => (await labels(what)).includes(label));
    await isOffered('"ignore": ["', '"weak-layer"');
    await isOffered('"resize": "', '"letterbox"');
    await isOffered('{\n  ', 'calibration');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      uri,
      at('"jud'),
    );
    const words = hovers
      .flatMap(({ contents }) => contents)
      .map((one) => (one instanceof vscode.MarkdownString ? one.value : ''));
    assert.match(words.join('\n'), /Samples to judge with/);
  });
});
