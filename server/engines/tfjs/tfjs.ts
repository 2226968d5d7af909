import { createChildEngine, type ChildEngine, type ChildEngineOptions } from '../childEngine.ts';
import { EngineFault } from '../engine.ts';

/** What TensorFlow.js is made with. */
export interface TfjsOptions extends Omit<ChildEngineOptions, 'words' | 'threads'> {
  /**
   * Where `@tensorflow/tfjs-node-gpu` and `@tensorflow/tfjs-node` are looked for, first place first.
   * What is found there is run: name only folders that the user trusts.
   */
  readonly nativeFolders: readonly string[];
}

/**
 * TensorFlow.js in a child process of its own; `childPath`: dist/tfjs.js, or child.ts from source. It
 * runs the layers of a Keras or TF.js model as it understands them itself.
 */
export const createTfjsEngine = ({ nativeFolders, ...options }: TfjsOptions): ChildEngine =>
  createChildEngine('tfjs', { ...options, threads: 1, words: nativeFolders }, ({ layers }) => {
    const made = layers?.();
    if (!made) throw new EngineFault('cannot-load', notLayers);
    if (!made.ok) throw new EngineFault('cannot-load', made.error);
    return { kind: 'layers', layers: made.value };
  });

/** Said of a model that has no layers. */
export const notLayers =
  'TensorFlow.js runs Keras and TensorFlow.js layers models only; choose the engine onnxruntime for this one.';
