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

  it('says where it comes from, unless it was chosen now or is that of the settings', async () => {
    const workspace = new Workspace();
    const first = workspace.window();
    await first.of(uri);
    assert.equal(first.from(shown(usual)), undefined);
    await first.keep(shown(tensor));
    assert.equal(first.from(shown(tensor)), undefined, 'chosen now');
    const second = workspace.window();
    await second.of(uri);
    const exceptions = [{ layer: 'a', weightBits: 4 }];
    assert.equal(second.from(shown({ ...tensor, exceptions })), 'kept');
    await second.keep(shown(w4));
    assert.equal(second.from(shown(w4)), undefined);
    await second.keep(shown(tensor));
    assert.equal(second.from(shown(tensor)), undefined, 'chosen again');
    workspace.file = says(w4);
    const third = workspace.window();
    await third.of(uri);
    assert.equal(third.from(shown(tensor)), 'kept', 'goes before the file');
    assert.equal(third.from(shown(w4)), 'rangefinder.json');
    assert.equal(third.from({ uri, state: undefined }), undefined);
  });

  it('says so anew where the same target comes from elsewhere', async () => {
    const workspace = new Workspace();
    workspace.file = says(usual);
    const targets = workspace.window();
    await targets.of(uri);
    assert.equal(targets.from(shown(usual)), 'rangefinder.json');
    const model = shown(usual);
    await targets.follow(model, {});
    assert.deepEqual(model.calls, [usual], 'the panel is told again');
    assert.equal(targets.from(model), undefined);
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
