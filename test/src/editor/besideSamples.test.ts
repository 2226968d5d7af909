import assert from 'node:assert/strict';
import type { DataChoice } from '../../../server/protocol/data.ts';
import type { ModelSettings } from '../../../server/protocol/modelSettings.ts';
import type { EvaluationState } from '../../../server/protocol/data.ts';
import {
  followSettings,
  openSamplesOf,
  type SampledModel,
} from '../../../src/editor/besideSamples.ts';
import { KeptChoices } from '../../../src/keptChoices.ts';
import { fileUri } from '../fileUri.ts';
import { modelState } from '../modelStates.ts';

const uri = fileUri('/models/net.onnx');
const named = { path: '/data/named' };
const own = { path: '/data/own' };

const settings = (data?: DataChoice, more: Partial<ModelSettings> = {}): ModelSettings => ({
  problems: {},
  dataText: JSON.stringify(data ?? {}),
  chosen: { pairs: [], sets: [] },
  faults: [],
  ...(data ? { data } : {}),
  ...more,
});

function memory(): KeptChoices {
  const kept = new Map<string, unknown>();
  const memento = {
    keys: () => [...kept.keys()],
    get: (key: string) => kept.get(key),
    update: (key: string, value: unknown) => {
      if (value === undefined) kept.delete(key);
      else kept.set(key, value);
      return Promise.resolve();
    },
  };
  return new KeptChoices(memento as ConstructorParameters<typeof KeptChoices>[0]);
}

class Model implements SampledModel {
  readonly uri = uri;
  readonly calls: unknown[] = [];
  readonly data;

  constructor(
    readonly state = modelState(),
    choice?: DataChoice,
  ) {
    const { calls } = this;
    this.data = {
      choice,
      choose(data: DataChoice | undefined) {
        calls.push(data ?? 'none');
        return Promise.resolve(true);
      },
      measure() {
        calls.push('measure');
        return Promise.resolve();
      },
    };
  }
}

describe('samples that open by themselves', () => {
  const open = async (
    model: Model,
    choices: KeptChoices,
    { isTrusted = true, beside = settings(named) } = {},
  ): Promise<unknown[]> => {
    await openSamplesOf(model, {
      choices,
      read: () => Promise.resolve(beside),
      isTrusted: () => isTrusted,
    });
    return model.calls;
  };

  it('are those that rangefinder.json names', async () => {
    assert.deepEqual(await open(new Model(), memory()), [named]);
    assert.deepEqual(await open(new Model(), memory(), { beside: settings() }), []);
  });

  it('are those that were chosen last, where some were, be it none', async () => {
    const choices = memory();
    await choices.set(uri, own);
    assert.deepEqual(await open(new Model(), choices), [own]);
    await choices.set(uri, undefined);
    assert.deepEqual(await open(new Model(), choices), []);
    await choices.forget(uri);
    assert.deepEqual(await open(new Model(), choices), [named]);
  });

  it('are none where the workspace is not trusted, the model is quantized, or some are open', async () => {
    const choices = memory();
    await choices.set(uri, own);
    assert.deepEqual(await open(new Model(), choices, { isTrusted: false }), []);
    assert.deepEqual(await open(new Model(modelState({ kind: 'quantized' })), memory()), []);
    assert.deepEqual(await open(new Model(modelState(), own), memory()), []);
  });
});

describe('a rangefinder.json that changes under an open model', () => {
  const evaluation = { rows: [] } as unknown as EvaluationState;
  const follow = async (
    model: Model,
    before: ModelSettings | undefined,
    now: ModelSettings,
    choices = memory(),
  ): Promise<unknown[]> => {
    await followSettings(model, { model: uri, last: before, before, now }, choices);
    return model.calls;
  };

  it('moves the samples that were taken from it', async () => {
    const other = { path: '/data/other' };
    const state = modelState({ evaluation });
    const moved = new Model(state, named);
    assert.deepEqual(await follow(moved, settings(named), settings(other)), [other, 'measure']);
    const gone = new Model(state, named);
    assert.deepEqual(await follow(gone, settings(named), settings()), ['none']);
    assert.deepEqual(await follow(new Model(), settings(), settings(named)), [named]);
  });

  it('opens samples that it named wrongly before, once it is right', async () => {
    const wrong = settings({ path: '/data/wrong' });
    assert.deepEqual(await follow(new Model(), wrong, settings(named)), [named]);
  });

  it('goes back to what it said without an entry that could not be obeyed, once that is gone', async () => {
    const wrong = settings({ ...named, judge: '0..9999' });
    // The samples from before are still open: those of the entry could not be.
    const before = { ...named, judge: '0..4' };
    assert.deepEqual(await follow(new Model(modelState(), before), wrong, settings(named)), [
      named,
    ]);
    assert.deepEqual(await follow(new Model(), wrong, settings(named)), [named]);
    // Nothing is left to be opened: none are chosen, so that the fault is not told any longer.
    assert.deepEqual(await follow(new Model(), wrong, settings()), ['none']);
    const choices = memory();
    await choices.set(uri, undefined);
    assert.deepEqual(await follow(new Model(), wrong, settings(), choices), []);
  });

  it('opens the same samples again where it says otherwise what becomes of them', async () => {
    const now = settings(named, { dataText: 'with another size' });
    assert.deepEqual(await follow(new Model(modelState(), named), settings(named), now), [named]);
  });

  it('leaves samples that the user chose, and opens them as it says', async () => {
    const choices = memory();
    await choices.set(uri, own);
    const model = new Model(modelState(), own);
    assert.deepEqual(await follow(model, settings(named), settings(), choices), [own]);
    await choices.set(uri, undefined);
    assert.deepEqual(await follow(new Model(), settings(), settings(named), choices), []);
  });

  it('changes nothing while it is wrong, says the same, or is read for the first time', async () => {
    const model = new Model(modelState(), named);
    await follow(model, settings(named), {
      problems: {},
      chosen: { pairs: [], sets: [] },
      faults: [],
    });
    await follow(model, settings(named), settings(named, { problems: { weakLayerDb: 3 } }));
    await follow(model, undefined, settings(own));
    assert.deepEqual(model.calls, []);
  });
});
