import assert from 'node:assert/strict';
import type { EvaluationState } from '../../../server/protocol/data.ts';
import { fitName } from '../../../src/views/fitText.ts';
import { byFolder, type ModelFolder } from '../../../src/views/modelFolders.ts';
import { fullSummary, modelSummary } from '../../../src/views/modelSummary.ts';
import { modelState } from '../modelStates.ts';

describe('models by folder', () => {
  const shape = ({ name, count, models, folders }: ModelFolder<string>): unknown => [
    name,
    count,
    models,
    ...folders.map(shape),
  ];

  it('counts what is below, and gives no row to a folder with one folder in it', () => {
    const paths = ['zoo/v1/a/1.onnx', 'zoo/v1/a/2.onnx', 'zoo/v1/b/3.onnx', 'top.onnx'];
    const root = byFolder(paths, (path) => path);
    assert.deepEqual(shape(root), [
      '',
      4,
      ['top.onnx'],
      [
        'zoo/v1',
        3,
        [],
        ['a', 2, ['zoo/v1/a/1.onnx', 'zoo/v1/a/2.onnx']],
        ['b', 1, ['zoo/v1/b/3.onnx']],
      ],
    ]);
  });

  it('is made of 10,000 models within a moment', () => {
    const paths = Array.from({ length: 10_000 }, (_, i) => `m/${i % 100}/${i % 7}/${i}.onnx`);
    const root = byFolder(paths, (path) => path);
    assert.equal(root.count, 10_000);
    assert.equal(root.folders.length, 100);
  });
});

describe('a row of the side bar', () => {
  const figure = '37.0 dB, was 6.6';

  it('leaves out the middle of a name that would push its figure out', () => {
    const name = 'features/stage_3/block_11/depthwise_conv_13';
    const short = fitName(name, figure);
    assert.equal(short.length + 1 + figure.length, 34);
    assert.match(short, /^featur.*….*conv_13$/);
    assert.equal(fitName('conv_dw_13', figure), 'conv_dw_13');
    assert.equal(fitName(name, ''.padEnd(60)).length, 12);
  });
});

describe('the row of an open model', () => {
  const rows = (opened: object, now: object): EvaluationState =>
    ({
      rows: [{ state: 'float' }, { state: 'opened', ...opened }, { state: 'now', ...now }],
      isStale: false,
    }) as unknown as EvaluationState;
  const score = { opened: 6.6, now: 37, layer: 'conv' };

  it('says the lowest weights before and now', () => {
    assert.equal(modelSummary({ state: modelState({ score }), fault: undefined }), '6.6 → 37.0 dB');
    const same = modelState({ score: { ...score, opened: 37 } });
    assert.equal(modelSummary({ state: same, fault: undefined }), '37.0 dB');
  });

  it('says the share of right answers where samples have labels, else that of float’s', () => {
    const at = (evaluation: EvaluationState): string =>
      modelSummary({ state: modelState({ score, evaluation }), fault: undefined });
    assert.equal(at(rows({ top1: 0, agreement: 0.1 }, { top1: 0.5 })), '0.0 % → 50.0 %');
    const same = rows({ agreement: 0.25 }, { agreement: 0.25 });
    assert.equal(at(same), '25.0 %');
    const inFull = (evaluation: EvaluationState): string =>
      fullSummary({ state: modelState({ score, evaluation }), fault: undefined });
    assert.equal(inFull(same), '25.0 % as float');
    assert.equal(inFull({ ...same, isSynthetic: true }), '25.0 % as float, synthetic');
    assert.equal(inFull({ ...same, isSynthetic: true, isStale: true }), '6.6 → 37.0 dB');
    assert.equal(inFull({ ...rows({}, {}), isSynthetic: true }), '6.6 → 37.0 dB');
    assert.equal(at({ ...rows({ top1: 0 }, { top1: 1 }), isStale: true }), '6.6 → 37.0 dB');
    assert.equal(at(rows({}, {})), '6.6 → 37.0 dB');
  });

  it('says what it is where there are no figures', () => {
    const fault = { code: 'truncated', message: '' };
    assert.equal(modelSummary({ state: undefined, fault }), 'cannot be read');
    assert.equal(modelSummary({ state: undefined, fault: undefined }), 'opening…');
  });
});
