import assert from 'node:assert/strict';
import { fixProblem } from '../../../src/commands/fixProblem.ts';
import type { Choice } from '../../../src/host.ts';
import type { Problem } from '../../../src/problems/problems.ts';
import { FakeHost } from '../fakeHost.ts';

const weak = (layer: string, db: number, gain: string): Problem => ({
  code: 'weak-layer',
  severity: 'warning',
  message: `${layer}: ${db} dB from rounding its weights (limit 20). Equalize: ${gain}.`,
  layer,
  remedies: [
    { label: 'Equalize', gain, steps: ['equalize'] },
    { label: 'Correct', steps: ['correct'] },
  ],
});

class Window extends FakeHost {
  list: readonly Problem[] = [];
  shown: readonly Choice<unknown>[] = [];
  override problems(): readonly Problem[] {
    return this.list;
  }
  override choose<T>(title: string, choices: readonly Choice<T>[]): Promise<T | undefined> {
    this.shown = choices;
    return super.choose(title, choices);
  }
}

describe('Fix a problem', () => {
  const fold: Problem = {
    code: 'unfolded-batch-norm',
    severity: 'information',
    message: '27 batch norms are not folded.',
    remedies: [{ label: 'Fold', steps: ['fold'] }],
  };

  it('lists each remedy once under its kind of problem, and names the model', async () => {
    const host = new Window();
    host.list = [
      weak('b', 6.6, '12.0 instead of 6.6 dB'),
      weak('a', 9, '15 instead of 9 dB'),
      fold,
    ];
    host.picks = ['Preview Fold'];
    await fixProblem.run(host);
    assert.equal(host.asked[0]?.title, 'Fix a problem of net.onnx');
    const group = 'b: 6.6 dB from rounding its weights (limit 20), and one more';
    assert.deepEqual(
      host.shown.map(({ group: under, label, description, detail }) => [
        under,
        label,
        description,
        detail,
      ]),
      [
        [group, 'Preview Equalize', '12.0 instead of 6.6 dB', undefined],
        [group, 'Preview Correct', undefined, undefined],
        ['27 batch norms are not folded', 'Preview Fold', undefined, undefined],
      ],
    );
    assert.deepEqual(host.model?.calls, [['preview', [{ step: 'fold' }]]]);
  });

  it('says so where there is nothing to choose', async () => {
    const host = new Window();
    host.list = [{ ...fold, remedies: [] }];
    await fixProblem.run(host);
    assert.match(host.told.join(), /net\.onnx has no problem with a remedy/);
  });
});
