import assert from 'node:assert/strict';
import { URI } from 'vscode-uri';
import { sampleChoices } from '../../../src/commands/chooseSamples.ts';
import { commands } from '../../../src/commands/index.ts';
import { FakeHost, FakeModel } from '../fakeHost.ts';
import { modelState } from '../modelStates.ts';

async function run(id: string, host: FakeHost, argument?: unknown): Promise<void> {
  const command = commands.find((one) => one.id === `rangefinder.${id}`);
  assert.ok(command, id);
  await command.run(host, argument);
}

const folder = { path: '/data/pictures' };

/** Notices are not waited for: what follows a button comes with the next turns. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('commands about samples', () => {
  it('chooseSamples: opens a folder, remembers it with the workspace, and measures', async () => {
    const host = new FakeHost();
    host.picks = ['Folder…'];
    host.file = URI.file('/data/pictures');
    await run('chooseSamples', host);
    assert.deepEqual(host.asked[1], { title: 'Folder of samples', labels: ['folder'] });
    assert.deepEqual(host.model?.calls, [
      ['choose', folder],
      ['measure', false],
    ]);
    assert.deepEqual(host.calls, [['rememberData', '/models/net.onnx', folder]]);
  });

  it('chooseSamples: neither remembers nor measures what cannot be opened', async () => {
    const host = new FakeHost();
    assert.ok(host.model);
    host.model.data.isRefused = true;
    host.picks = ['File…'];
    host.file = URI.file('/data/x.npz');
    await run('chooseSamples', host);
    assert.deepEqual(host.model.calls, [['choose', { path: '/data/x.npz' }]]);
    assert.deepEqual(host.calls, []);
  });

  it('chooseSamples: asks for a size that is open, and remembers it with the samples', async () => {
    const host = new FakeHost();
    assert.ok(host.model);
    host.model.data.missing = 'height';
    host.picks = ['Folder…'];
    host.file = URI.file('/data/pictures');
    host.numbers = [96];
    await run('chooseSamples', host);
    assert.equal(host.asked.at(-1)?.title, 'Size of “height”');
    const kept = { ...folder, dims: { height: 96 } };
    assert.deepEqual(host.calls, [['rememberData', '/models/net.onnx', kept]]);
  });

  it('chooseSamples: none forgets them, and measures nothing', async () => {
    const host = new FakeHost();
    assert.ok(host.model);
    host.model.data.choice = folder;
    host.picks = ['No samples'];
    await run('chooseSamples', host);
    assert.deepEqual(host.model.calls, [['choose', undefined]]);
    assert.deepEqual(host.calls, [['rememberData', '/models/net.onnx', undefined]]);
  });

  it('chooseSamples: offers labels and keeping only where there are samples', async () => {
    const host = new FakeHost();
    assert.ok(host.model);
    const labels = (): string[] =>
      host.model ? sampleChoices(host.model).map(({ label }) => label) : [];
    const first = ['Folder…', 'File…', 'Synthetic inputs', 'No samples'];
    assert.deepEqual(labels(), first);
    host.model.data.choice = { path: 'synthetic:7' };
    assert.deepEqual(labels(), [...first, 'Keep in rangefinder.json']);
    host.model.data.choice = folder;
    assert.deepEqual(labels(), [...first, 'Labels…', 'Keep in rangefinder.json']);
    host.picks = ['Labels…'];
    host.file = URI.file('/data/labels.csv');
    await run('chooseSamples', host);
    assert.deepEqual(host.model.calls[0], ['choose', { ...folder, labels: '/data/labels.csv' }]);
    host.picks = ['Keep in rangefinder.json'];
    await run('chooseSamples', host);
    assert.deepEqual(host.model.calls.at(-1), ['keep']);
    assert.match(host.told.join(), /\/models\/rangefinder\.json/);
  });

  it('useSyntheticInputs: takes the seed of the settings', async () => {
    const host = new FakeHost();
    await run('useSyntheticInputs', host);
    assert.deepEqual(host.model?.calls, [
      ['choose', { path: 'synthetic:7' }],
      ['measure', false],
    ]);
  });

  it('calibrateAndMeasure and measureSensitivity: ask for samples where there are none', async () => {
    const host = new FakeHost();
    assert.ok(host.model);
    for (const id of ['calibrateAndMeasure', 'measureSensitivity']) await run(id, host);
    assert.deepEqual(
      host.asked.map(({ title }) => title),
      ['Choose samples', 'Choose samples'],
    );
    assert.deepEqual(host.model.calls, []);
    host.model.data.choice = folder;
    for (const id of ['calibrateAndMeasure', 'measureSensitivity']) await run(id, host);
    assert.deepEqual(host.model.calls, [
      ['measure', false],
      ['measure', true],
    ]);
  });

  it('correctBiases and correctSelected: all layers, or those of the table or tree', async () => {
    const host = new FakeHost();
    await run('correctSelected', host);
    assert.match(host.told.join(), /Select the layers first/);
    await run('correctBiases', host);
    host.selection = [2, 1];
    await run('correctSelected', host);
    await run('correctSelected', host, { layer: 2 });
    const correct = { step: 'correct' };
    assert.deepEqual(host.model?.calls, [
      ['apply', [correct]],
      ['apply', [{ ...correct, options: { layers: [2, 1] } }]],
      ['apply', [{ ...correct, options: { layers: [2] } }]],
    ]);
  });

  const exports: readonly (readonly [
    id: string,
    pick: string[],
    proposed: string,
    what: object,
  ])[] = [
    [
      'exportEncodings',
      ['1.0.0'],
      '/models/net.encodings',
      { kind: 'encodings', version: '1.0.0' },
    ],
    ['exportQdq', [], '/models/net.qdq.onnx', { kind: 'qdq' }],
    ['exportTable', ['CSV'], '/models/net.layers.csv', { kind: 'table', as: 'csv' }],
    ['exportReport', [], '/models/net.report.html', { kind: 'report' }],
    [
      'exportComparison',
      [],
      '/models/net.comparison.html',
      { kind: 'comparison', sides: [{ kind: 'opened' }, { kind: 'now' }] },
    ],
    [
      'exportResult',
      ['Layers table…', 'JSON'],
      '/models/net.layers.json',
      { kind: 'table', as: 'json' },
    ],
  ];
  for (const [id, picks, proposed, what] of exports) {
    it(`${id}: writes beside the model unless told otherwise, and says what was done`, async () => {
      const host = new FakeHost();
      host.picks = [...picks];
      await run(id, host);
      assert.deepEqual(host.model?.calls, []);
      assert.deepEqual(host.asked.at(-1)?.labels, [proposed]);
      host.picks = [...picks];
      host.file = URI.file('/out/result');
      await run(id, host);
      assert.deepEqual(host.model?.calls, [['exportTo', '/out/result', what]]);
      assert.match(host.told.join(), /result was written\. The opset was raised to 21\./);
    });
  }

  it('opens a page that was written in the browser, and shows its source where that is wanted', async () => {
    const host = new FakeHost();
    host.file = URI.file('/out/net.report.html');
    host.answers = ['Open in browser'];
    await run('exportReport', host);
    await settled();
    assert.deepEqual(host.calls, [['openOutside', '/out/net.report.html']]);
    host.answers = ['Show source'];
    await run('exportComparison', host);
    await settled();
    assert.deepEqual(host.buttons, ['Open in browser', 'Show source']);
    assert.deepEqual(host.calls.slice(1), [
      ['execute', 'vscode.open', 'file:///out/net.report.html'],
    ]);
  });

  it('shows the source of a page that no browser took', async () => {
    const host = new FakeHost();
    host.file = URI.file('/out/net.report.html');
    host.answers = ['Open in browser'];
    host.hasProgram = false;
    await run('exportReport', host);
    await settled();
    assert.deepEqual(host.calls, [
      ['openOutside', '/out/net.report.html'],
      ['execute', 'vscode.open', 'file:///out/net.report.html'],
    ]);
  });

  it('promises no browser for a page on a machine elsewhere, but shows where it lies', async () => {
    const host = new FakeHost();
    host.file = URI.file('/project/net.report.html');
    host.hasBrowser = false;
    host.answers = ['Show in Explorer'];
    await run('exportReport', host);
    await settled();
    assert.deepEqual(host.buttons, ['Show in Explorer', 'Show source']);
    assert.deepEqual(host.calls, [
      ['execute', 'revealInExplorer', 'file:///project/net.report.html'],
    ]);
    host.file = URI.file('/out/net.report.html');
    await run('exportReport', host);
    assert.deepEqual(host.buttons, ['Show source'], 'it lies in no folder of the workspace');
  });

  it('opens tables and models that were written in the editor', async () => {
    for (const file of ['/out/net.layers.csv', '/out/net.qdq.onnx', '/out/net.report.json']) {
      const host = new FakeHost();
      host.file = URI.file(file);
      host.answers = ['Open'];
      await run('exportReport', host);
      await settled();
      assert.deepEqual(host.buttons, ['Open'], file);
      assert.deepEqual(host.calls, [['execute', 'vscode.open', `file://${file}`]]);
    }
  });

  it('exportReport: offers the comparison while another model is compared with', async () => {
    const host = new FakeHost();
    const other = { kind: 'other', path: '/vendor/their.onnx', title: 'their.onnx' } as const;
    const sides = [other, { kind: 'now' }] as const;
    host.model!.comparison.sides = sides;
    await run('exportReport', host);
    const labels = ['net.onnx', 'Comparison with their.onnx'];
    assert.deepEqual(host.asked, [{ title: 'Report of', labels }]);
    assert.deepEqual(host.model?.calls, [], 'dismissed: nothing happens');
    host.file = URI.file('/out/result');
    host.picks = ['Comparison with their.onnx'];
    await run('exportReport', host);
    host.picks = ['net.onnx'];
    await run('exportReport', host);
    assert.deepEqual(host.model?.calls, [
      ['exportTo', '/out/result', { kind: 'comparison', sides }],
      ['exportTo', '/out/result', { kind: 'report' }],
    ]);
  });

  it('exportComparison: asks for another model where there is nothing to compare', async () => {
    const host = new FakeHost();
    host.model = new FakeModel(modelState({ kind: 'quantized' }));
    host.file = URI.file('/out/result');
    await run('exportComparison', host);
    assert.deepEqual(host.model.calls, []);
    assert.deepEqual(host.calls, [['showTab', 'compare']]);
    assert.match(host.told.join(), /Choose another model to compare net\.onnx with first\./);
  });

  it('loadEncodings: takes a file, and says what it lacks', async () => {
    const host = new FakeHost();
    await run('loadEncodings', host);
    assert.deepEqual(host.model?.calls, []);
    host.file = URI.file('/models/net.encodings');
    await run('loadEncodings', host);
    assert.deepEqual(host.model?.calls, [['loadEncodings', '/models/net.encodings']]);
    assert.match(host.told.join(), /2 tensors have none/);
  });

  it('chooseTarget: reads a quantsim configuration file', async () => {
    const host = new FakeHost();
    host.picks = ['Quantsim configuration file…'];
    host.file = URI.file('/models/npu.json');
    await run('chooseTarget', host);
    const target = { ...host.model?.state?.target, placement: '/models/npu.json' };
    assert.deepEqual(host.model?.calls, [['setTarget', target]]);
  });
});
