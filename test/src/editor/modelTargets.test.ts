import assert from 'node:assert/strict';
import type { ModelSettings } from '../../../server/protocol/modelSettings.ts';
import type { TargetSettings } from '../../../server/protocol/target.ts';
import { ModelTargets, type TargetParts } from '../../../src/editor/modelTargets.ts';
import { fileUri } from '../fileUri.ts';
import { modelState } from '../modelStates.ts';

const uri = fileUri('/models/net.onnx');
const usual = modelState().target;
const tensor: TargetSettings = { ...usual, profile: 'tensor-int8', granularity: 'tensor' };
const w4: TargetSettings = { ...usual, profile: 'w4', weightBits: 4 };
const says = (settings: TargetSettings): Pick<ModelSettings, 'target'> => ({
  target: { name: settings.profile, settings },
});

/** A window after another on the same workspace. */
class Workspace {
  readonly kept = new Map<string, unknown>();
  file: Pick<ModelSettings, 'target'> = {};

  window(): ModelTargets {
    const memory = {
      get: (key: string) => this.kept.get(key),
      update: (key: string, value: unknown) => {
        if (value === undefined) this.kept.delete(key);
        else this.kept.set(key, JSON.parse(JSON.stringify(value)));
        return Promise.resolve();
      },
    };
    return new ModelTargets({
      memory: memory as unknown as TargetParts['memory'],
      settings: () => usual,
      read: () => Promise.resolve(this.file),
    });
  }
}

const shown = (
  target: TargetSettings,
): Parameters<ModelTargets['follow']>[0] & {
  calls: TargetSettings[];
} => {
  const calls: TargetSettings[] = [];
  return {
    uri,
    state: modelState({ target }),
    calls,
    setTarget: (next) => {
      calls.push(next);
      return Promise.resolve();
    },
  };
};

describe('the target of a model', () => {
  it('is that of the settings, and that of rangefinder.json before it', async () => {
    const workspace = new Workspace();
    assert.deepEqual(await workspace.window().of(uri), usual);
    workspace.file = says(tensor);
    const targets = workspace.window();
    assert.deepEqual(await targets.of(uri), tensor);
    assert.deepEqual(targets.usual(uri), { target: tensor, from: 'rangefinder.json' });
  });

  it('that was chosen is there again in the next window, until the usual one is taken', async () => {
    const workspace = new Workspace();
    const first = workspace.window();
    await first.of(uri);
    await first.keep(shown(usual));
    assert.equal(workspace.kept.size, 0);
    await first.keep(shown({ ...tensor, exceptions: [{ layer: 'a', weightBits: 'float' }] }));
    const second = workspace.window();
    assert.deepEqual(await second.of(uri), tensor, 'layers are kept elsewhere');
    await second.keep(shown(usual));
    assert.equal(workspace.kept.size, 0);
  });

  it('follows rangefinder.json where none was chosen', async () => {
    const workspace = new Workspace();
    const targets = workspace.window();
    await targets.of(uri);
    const exceptions = [{ layer: 'a', weightBits: 4 }];
    const model = shown({ ...usual, exceptions });
    await targets.follow(model, says(tensor));
    await targets.follow(model, says(tensor));
    assert.deepEqual(model.calls, [{ ...tensor, exceptions }]);
    await targets.keep(shown(tensor));
    assert.equal(workspace.kept.size, 0, 'what the file says is no choice');
    const chosen = shown(w4);
    await targets.keep(chosen);
    await targets.follow(chosen, {});
    assert.deepEqual(chosen.calls, []);
    assert.deepEqual(targets.usual(uri), { target: usual, from: 'settings' });
  });
});
