import { createOnnxRuntimeEngine } from './onnxruntime/onnxRuntime.ts';

/** Every engine there is. To add one: write its file, name it here. */
export const engines = { onnxruntime: createOnnxRuntimeEngine } as const;
