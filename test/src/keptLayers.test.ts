import assert from 'node:assert/strict';
import type { Memento } from 'vscode';
import { KeptLayers } from '../../src/keptLayers.ts';
import { fileUri } from './fileUri.ts';
import { modelState } from './modelStates.ts';

/** The memory of a workspace. */
class FakeMemory implements Memento {
  readonly kept = new Map<string, unknown>();
  updates = 0;
  keys(): readonly string[] {
    return [...this.kept.keys()];
  }
  readonly get: Memento['get'] = (key: string) => this.kept.get(key) as never;
  update(key: string, value: unknown): Promise<void> {
    this.updates++;
    if (value === undefined) this.kept.delete(key);
    else this.kept.set(key, value);
    return Promise.resolve();
  }
}

const uri = fileUri('/models/net.onnx');

describe('wishes for single layers', () => {
  it('are there again when the model is opened again, and gone when they are taken back', async () => {
    const memory = new FakeMemory();
    const state = modelState();
    const [first] = state.layers;
    assert.ok(first);
    const exceptions = [{ layer: first.name, weightBits: 'float' as const }];
    const wished = {
      ...state,
      target: { ...state.target, exceptions },
      layers: state.layers.map((row) => (row === first ? { ...row, isIgnored: true } : row)),
    };
    await new KeptLayers(memory).keep(uri, wished);
    const again = new KeptLayers(memory);
    assert.deepEqual(again.targetOf(uri, state.target), wished.target);
    assert.deepEqual(again.leftAlone(uri), [first.name]);
    assert.deepEqual(again.leftAlone(fileUri('/models/other.onnx')), []);
    await again.keep(uri, wished);
    assert.equal(memory.updates, 1, 'nothing is written where nothing is new');
    await again.keep(uri, state);
    assert.equal(memory.kept.size, 0);
    assert.deepEqual(again.targetOf(uri, state.target), state.target);
  });

  it('are read with care: what is no wish is left out', () => {
    const memory = new FakeMemory();
    const good = { layer: 'a', weightBits: 16 };
    memory.kept.set(`layers:${uri.toString()}`, {
      exceptions: [good, { layer: 'b', weightBits: 17 }, { layer: 3, weightBits: 8 }, null],
      leftAlone: ['a', 4],
    });
    const kept = new KeptLayers(memory);
    assert.deepEqual(kept.targetOf(uri, modelState().target).exceptions, [good]);
    assert.deepEqual(kept.leftAlone(uri), ['a']);
    memory.kept.set(`layers:${uri.toString()}`, 'old');
    assert.deepEqual(kept.leftAlone(uri), []);
  });
});
