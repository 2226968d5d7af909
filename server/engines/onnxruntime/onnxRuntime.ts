import { createChildEngine, type ChildEngine, type ChildEngineOptions } from '../childEngine.ts';

/** ONNX Runtime in a child process of its own; `childPath`: dist/engine.js, or child.ts from source. */
export const createOnnxRuntimeEngine = (options: ChildEngineOptions): ChildEngine =>
  // Only what crosses: an encoded model may carry more.
  createChildEngine('onnxruntime', options, ({ bytes, folder }) => ({
    kind: 'onnx',
    bytes,
    folder,
  }));
