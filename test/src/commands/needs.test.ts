import assert from 'node:assert/strict';
import manifest from '../../../package.json' with { type: 'json' };
import type { ModelState } from '../../../server/protocol/model.ts';
import { commands } from '../../../src/commands/index.ts';
import { FakeHost, FakeModel } from '../fakeHost.ts';
import { modelState } from '../modelStates.ts';

const { contributes } = manifest;
const preview: Partial<ModelState> = { preview: { title: 'Fold', steps: ['fold'] } };
const change = { id: 1, step: 'fold' as const, label: 'Fold 3 batch norms', note: '' };
const correction: Partial<ModelState> = {
  correction: { grid: 'W8', layers: 2, isSaved: false, words: '', proposedName: 'net.w8.onnx' },
};

/** States in which a context key is false, and what is then said of a command that asks for it. */
const withoutKey: Readonly<Record<string, readonly (readonly [Partial<ModelState>, RegExp])[]>> = {
  hasModel: [],
  hasLayers: [[{ kind: 'no-layers' }, /no layers/]],
  canMeasure: [
    [{ kind: 'no-layers' }, /no layers/],
    [{ kind: 'quantized' }, /quantized already/],
  ],
  canRepair: [
    [{ kind: 'no-layers' }, /no layers/],
    [{ kind: 'quantized' }, /quantized already/],
    [preview, /preview .* is shown/],
  ],
  hasBiasCorrection: [[{}, /biases .* not corrected/]],
  isPreview: [[{}, /No preview/]],
  hasCorrections: [[{}, /no corrections|nothing to undo/]],
  isChangedOnDisk: [[{}, /not changed on disk/]],
  isUnreadable: [[{}, /without a fault/]],
};
/** Keys that need no refusal, and why. */
const free: Readonly<Record<string, string>> = {
  isBusy: 'what is asked for while something runs comes after it',
  canStop: 'there is nothing to stop, and nothing to lose',
  canBeOnnx: 'an engine is not compared with itself, which the server says',
  isQuantized: 'it opens whichever file is chosen',
};

const clauses = new Map<string, string>();
for (const { command, ...more } of contributes.commands)
  clauses.set(command, 'enablement' in more ? more.enablement : '');
for (const { command, when } of contributes.menus.commandPalette)
  clauses.set(command, `${clauses.get(command) ?? ''} && ${when}`);

const run = async (id: string, host: FakeHost): Promise<void> => {
  await commands.find((one) => one.id === id)?.run(host);
};

describe('a command that the palette hides', () => {
  for (const [id, clause] of clauses) {
    // One of several is enough: these ask for a file or a diff themselves.
    if (clause.includes('||')) continue;
    const keys = new Set([...clause.matchAll(/rangefinder\.(\w+)/g)].map(([, key]) => key ?? ''));
    for (const key of keys) {
      if (key in free) continue;
      for (const [state, words] of withoutKey[key] ?? [[{}, /a state without this key/]]) {
        it(`${id} without ${key}: says why, and does nothing (${JSON.stringify(state)})`, async () => {
          // What other keys of the command ask for is there.
          const others = key === 'hasBiasCorrection' ? {} : correction;
          const host = new FakeHost(new FakeModel(modelState({ ...others, ...state })));
          host.selection = [1, 2];
          await run(id, host);
          assert.equal(host.told.length, 1);
          assert.match(host.told.join(), words);
          assert.deepEqual([host.model?.calls, host.calls, host.asked], [[], [], []]);
        });
      }
    }
  }

  const allowed: readonly (readonly [string, Partial<ModelState>, boolean, unknown[]])[] = [
    ['applyPreview', preview, false, ['applyPreview']],
    ['discardPreview', preview, false, ['discardPreview']],
    ['keepMine', { changes: [change] }, true, ['keepMine']],
    ['removeCorrection', correction, false, ['removeCorrection']],
  ];
  for (const [id, state, isChangedOnDisk, call] of allowed) {
    it(`${id}: is done where it is offered`, async () => {
      const host = new FakeHost(
        Object.assign(new FakeModel(modelState(state)), { isChangedOnDisk }),
      );
      await run(`rangefinder.${id}`, host);
      assert.deepEqual(host.model?.calls, [call]);
    });
  }

  it('tryAgain: reads again a file that could not be read', async () => {
    const host = new FakeHost();
    host.model = Object.assign(new FakeModel(), { state: undefined });
    await run('rangefinder.tryAgain', host);
    assert.deepEqual(host.model.calls, [['reload']]);
  });
});
