import type { ChildEngine } from './childEngine.ts';
import type { Engine, EngineModel } from './engine.ts';

/** Which engine runs models; `auto`: ONNX Runtime, and TensorFlow.js what that cannot be given. */
export type EngineChoice = 'auto' | 'onnxruntime' | 'tfjs';

export const engineChoices: readonly EngineChoice[] = ['auto', 'onnxruntime', 'tfjs'];

/** Both engines there are. Each starts its process when it is first used. */
export interface EnginePair {
  readonly onnxruntime: ChildEngine;
  readonly tfjs: ChildEngine;
}

/**
 * One engine in front of both. A model without layers is run by ONNX Runtime whatever was chosen;
 * so are tasks over many samples, which ask for values between layers.
 */
export function createChosenEngine(choice: EngineChoice, pair: EnginePair): Engine {
  const { onnxruntime, tfjs } = pair;
  const engineFor = (model: EngineModel): ChildEngine => {
    if (choice === 'onnxruntime' || !model.layers) return onnxruntime;
    return choice === 'tfjs' || !converts(model) ? tfjs : onnxruntime;
  };
  return {
    name: choice,
    pair,
    open: async (model, job) => engineFor(model).open(model, job),
    compare: async (before, after, feeds, values, job) => {
      const engine = engineFor(before) === tfjs ? tfjs : engineFor(after);
      return engine.compare(before, after, feeds, values, job);
    },
    describe: async (model, feeds, values, job) => {
      const engine = model.layers && !converts(model) ? tfjs : onnxruntime;
      return engine.describe(model, feeds, values, job);
    },
    beginTask: (task, job) => onnxruntime.beginTask(task, job),
    reduceKept: (task, indices, job) => onnxruntime.reduceKept(task, indices, job),
    forget: (names) => onnxruntime.forget(names),
    dispose: () => {
      onnxruntime.dispose();
      tfjs.dispose();
    },
  };
}

/** False where the document refuses to be written as ONNX. */
function converts(model: EngineModel): boolean {
  try {
    return model.bytes.length > 0;
  } catch {
    return false;
  }
}
