import assert from 'node:assert/strict';
import { URI } from 'vscode-uri';
import { commands } from '../../../src/commands/index.ts';
import { targetChoices } from '../../../src/commands/chooseTarget.ts';
import { FakeHost, FakeModel } from '../fakeHost.ts';
import { layerRow, modelState } from '../modelStates.ts';

async function run(id: string, host: FakeHost, argument?: unknown): Promise<void> {
  const command = commands.find((one) => one.id === `rangefinder.${id}`);
  assert.ok(command, id);
  await command.run(host, argument);
}

const withoutModel = (): FakeHost => {
  const host = new FakeHost();
  host.model = undefined;
  return host;
};

describe('commands', () => {
  const onModel: readonly (readonly [id: string, call: unknown[]])[] = [
    ['foldBatchNorms', ['apply', [{ step: 'fold' }]]],
    ['equalizeLayers', ['apply', [{ step: 'equalize' }]]],
    ['absorbHighBiases', ['apply', [{ step: 'absorb' }]]],
    ['previewFold', ['preview', [{ step: 'fold' }]]],
    ['previewEqualize', ['preview', [{ step: 'equalize' }]]],
    ['previewAbsorb', ['preview', [{ step: 'absorb' }]]],
    ['previewRepair', ['preview', 'repair']],
    ['repair', ['repair']],
    ['stop', ['cancel']],
  ];
  for (const [id, call] of onModel) {
    it(`${id}: asks the model in view for it`, async () => {
      const host = new FakeHost();
      await run(id, host);
      assert.deepEqual(host.model?.calls, [call]);
    });
  }

  for (const id of [
    'foldBatchNorms',
    'previewRepair',
    'repair',
    'chooseTarget',
    'showGraph',
    'showLedger',
    'showReport',
    'saveAs',
  ]) {
    it(`${id}: says what to do when no model is open`, async () => {
      const host = withoutModel();
      await run(id, host);
      assert.match(host.told.join(), /^Open a model first/);
    });
    it(`${id}: says so when the model cannot be read`, async () => {
      const host = new FakeHost();
      host.model = Object.assign(new FakeModel(), { state: undefined });
      await run(id, host);
      assert.match(host.told.join(), /^net\.onnx is not read yet, or cannot be read/);
      assert.deepEqual(host.model.calls, []);
    });
  }

  it('a step from the explorer opens the file first', async () => {
    const host = new FakeHost();
    await run('equalizeLayers', host, URI.file('/models/other.onnx'));
    assert.deepEqual(host.calls, [['openModel', '/models/other.onnx']]);
    assert.deepEqual(host.model?.calls, [['apply', [{ step: 'equalize' }]]]);
  });

  for (const tab of ['Layers', 'Graph', 'Findings', 'Ledger', 'Proof']) {
    it(`show${tab}: turns to the tab`, async () => {
      const host = new FakeHost();
      await run(`show${tab}`, host);
      assert.deepEqual(host.calls, [['showTab', tab.toLowerCase()]]);
    });
  }

  it('openDiagnostics: opens the file that was right-clicked', async () => {
    const host = new FakeHost();
    await run('openDiagnostics', host, URI.file('/models/a.onnx'));
    assert.deepEqual(host.calls, [['openModel', '/models/a.onnx']]);
  });

  it('openDiagnostics: asks for a file, and does nothing when that is dismissed', async () => {
    const host = new FakeHost();
    await run('openDiagnostics', host);
    assert.deepEqual(host.calls, []);
    host.file = URI.file('/models/b.onnx');
    await run('openDiagnostics', host);
    assert.deepEqual(host.calls, [['openModel', '/models/b.onnx']]);
  });

  it('openSample: opens it, or says how to make it', async () => {
    const host = new FakeHost();
    await run('openSample', host);
    assert.match(host.told.join(), /make:sample/);
    host.sample = URI.file('/storage/sample.onnx');
    await run('openSample', host);
    assert.deepEqual(host.calls, [['openModel', '/storage/sample.onnx']]);
  });

  it('openSample: shows it for one scale for each weight, which it suffers from, and says so', async () => {
    const host = new FakeHost();
    host.sample = URI.file('/storage/sample.onnx');
    const now = modelState().target;
    const target = { ...now, profile: 'generic', granularity: 'tensor' as const };
    host.profiles = [
      { title: 'Generic int8, per channel', detail: '', target: now },
      { title: 'Generic int8, per tensor', detail: '', target },
    ];
    await run('openSample', host);
    assert.deepEqual(host.model?.calls, [
      ['setTarget', target],
      ['choose', { path: '/storage/samples.npz' }],
      ['measure', true],
    ]);
    assert.match(host.told.join(), /target “Generic int8, per tensor”/);
  });

  it('chooseTarget: starts on the present target, and says what each is', () => {
    const { target } = modelState();
    const [built] = targetChoices(target, [{ title: 'Generic', detail: 'Any.', target }], {
      target,
      from: 'settings',
    });
    assert.equal(built?.isCurrent, true);
    assert.equal(built?.description, 'W8 A8 · per channel · symmetric · now');
  });

  it('chooseTarget: leads back to what the settings say, where another is kept', async () => {
    const host = new FakeHost();
    const usual = {
      ...modelState().target,
      profile: 'tensor-int8',
      granularity: 'tensor' as const,
    };
    host.picks = ['As rangefinder.json says'];
    await run('chooseTarget', host);
    assert.deepEqual(host.model?.calls, [], 'there is nowhere to go back to');
    host.usual = { target: usual, from: 'rangefinder.json' };
    host.picks = ['As rangefinder.json says'];
    await run('chooseTarget', host);
    assert.deepEqual(host.model?.calls, [['setTarget', usual]]);
  });

  it('revealLayer: takes the layer of the tree, else asks, worst first', async () => {
    const host = new FakeHost();
    await run('revealLayer', host, { layer: 2 });
    assert.deepEqual(host.calls, [['reveal', 2]]);
    host.picks = ['∘ first'];
    await run('revealLayer', host);
    assert.deepEqual(
      host.asked.map(({ labels }) => labels),
      [['▲ second', '∘ first']],
    );
    assert.deepEqual(host.calls.at(-1), ['reveal', 1]);
  });

  it('undoForLayer: offers the layers that were equalized, the selected one first', async () => {
    const host = new FakeHost();
    await run('undoForLayer', host);
    assert.equal(host.asked.length, 0);
    assert.match(host.told.join(), /No layer was equalized/);
    const [first, second] = [
      layerRow(1, 'first', 30, { isEqualized: true }),
      layerRow(2, 'second', 6, { isEqualized: true, mark: 'hurts' }),
    ];
    host.model = new FakeModel(modelState({ layers: [first, second, layerRow(3, 'other', 6)] }));
    host.selection = [1];
    host.picks = ['∘ first'];
    await run('undoForLayer', host);
    assert.deepEqual(host.asked[0]?.labels, ['∘ first', '▲ second']);
    assert.deepEqual(host.model?.calls, [['undoLayer', 1]]);
  });

  it('chooseTarget: takes a profile as it is', async () => {
    const host = new FakeHost();
    const target = {
      ...host.model?.state?.target,
      profile: 'npu-uint8',
      granularity: 'tensor' as const,
    };
    host.profiles = [{ title: 'NPU', detail: 'One scale.', target: target as never }];
    host.picks = ['NPU'];
    await run('chooseTarget', host);
    assert.deepEqual(host.model?.calls, [['setTarget', target]]);
  });

  it('chooseTarget: changes one part and calls it custom', async () => {
    const host = new FakeHost();
    host.picks = ['Weight bits…', '4 bits'];
    await run('chooseTarget', host);
    const expected = { ...host.model?.state?.target, weightBits: 4, profile: 'custom' };
    assert.deepEqual(host.model?.calls, [['setTarget', expected]]);
  });

  it('chooseTarget: changes nothing when it is dismissed', async () => {
    const host = new FakeHost();
    await run('chooseTarget', host);
    host.picks = ['Symmetry…'];
    await run('chooseTarget', host);
    assert.deepEqual(host.model?.calls, []);
  });

  it('saveModel, saveAs, loadTheirs and undoLastCorrection go through VS Code, with the model in front', async () => {
    const host = new FakeHost(
      new FakeModel(modelState({ changes: [{ id: 1, step: 'fold', label: 'Fold', note: '' }] })),
    );
    Object.assign(host.model ?? {}, { isChangedOnDisk: true });
    for (const id of ['saveModel', 'saveAs', 'loadTheirs', 'undoLastCorrection'])
      await run(id, host);
    assert.deepEqual(host.calls, [
      ['saveModel'],
      ['toFront', 'net.onnx'],
      ['execute', 'workbench.action.files.saveAs'],
      ['toFront', 'net.onnx'],
      ['execute', 'workbench.action.files.revert'],
      ['toFront', 'net.onnx'],
      ['move', 'undo'],
    ]);
  });

  it('undo and redo ask nothing of the model: VS Code knows what there is', async () => {
    const host = new FakeHost(undefined);
    for (const id of ['undo', 'redo']) await run(id, host);
    assert.deepEqual(host.calls, [
      ['move', 'undo'],
      ['move', 'redo'],
    ]);
  });

  it('saveAsOnnx: writes the model beside itself unless told otherwise', async () => {
    const host = new FakeHost();
    Object.assign(host.model ?? {}, { uri: URI.file('/models/net.keras'), name: 'net.keras' });
    await run('saveAsOnnx', host);
    assert.deepEqual(host.asked, [{ title: 'Save as ONNX', labels: ['/models/net.onnx'] }]);
    assert.deepEqual(host.model?.calls, []);
    host.file = URI.file('/out/copy.onnx');
    await run('saveAsOnnx', host);
    assert.deepEqual(host.model?.calls, [['saveAs', '/out/copy.onnx']]);
    assert.match(host.told.join(), /net\.keras was written as copy\.onnx/);
  });

  it('saveAsOnnx: has nothing to do for an ONNX model', async () => {
    const host = new FakeHost();
    await run('saveAsOnnx', host);
    assert.match(host.told.join(), /is an ONNX model already/);
    assert.deepEqual(host.asked, []);
  });

  it('equalizeSelected: asks for just the selected layers, as one set', async () => {
    const host = new FakeHost();
    host.selection = [1];
    await run('equalizeSelected', host);
    assert.match(host.told.join(), /two or more/);
    host.selection = [2, 1];
    await run('equalizeSelected', host);
    const request = { step: 'equalize', options: { only: [[2, 1]] } };
    assert.deepEqual(host.model?.calls, [['preview', [request]]]);
  });

  const backward = { layer: 'first', batchNorm: 'bn', direction: 'backward' } as const;
  const forward = { layer: 'second', batchNorm: 'bn', direction: 'forward' } as const;

  it('foldSelected: offers each fold with its direction, and previews those that are chosen', async () => {
    const host = new FakeHost();
    assert.ok(host.model);
    host.model.folds = [backward, { ...forward, whyNot: 'It pads with 0.' }];
    await run('foldSelected', host);
    assert.match(host.told.join(), /Select the layers first/);
    host.selection = [1, 2];
    host.picks = ['bn → second'];
    await run('foldSelected', host);
    assert.deepEqual(host.asked[0]?.labels, ['first ← bn', 'bn → second']);
    assert.deepEqual(host.model.calls, [
      ['preview', [{ step: 'fold', options: { pairs: [forward] } }]],
    ]);
  });

  it('foldSelected: says so where there is no batch norm, and changes nothing when dismissed', async () => {
    const host = new FakeHost();
    assert.ok(host.model);
    host.selection = [1];
    await run('foldSelected', host);
    assert.match(host.told.join(), /No batch norm stands right before or behind/);
    host.model.folds = [backward];
    await run('foldSelected', host);
    assert.deepEqual(host.model.calls, []);
  });

  it('openAsText: opens the text editor on the file', async () => {
    const host = new FakeHost();
    await run('openAsText', host);
    assert.deepEqual(host.calls, [
      ['execute', 'vscode.openWith', 'file:///models/net.onnx', 'default'],
    ]);
  });

  it('showReport: shows a text about the model', async () => {
    const host = new FakeHost();
    await run('showReport', host);
    const [[name, language, content] = []] = host.calls;
    assert.deepEqual([name, language], ['showText', 'markdown']);
    assert.match(String(content), /\| ▲ \| second \| Conv 3×3 \| 8×3×3×3 \| 6\.6 dB \|/);
  });

  it('restartServer and showLog reach the host', async () => {
    const host = new FakeHost();
    await run('restartServer', host);
    await run('showLog', host);
    assert.deepEqual(host.calls, [['restartServer'], ['showLog']]);
  });
});
