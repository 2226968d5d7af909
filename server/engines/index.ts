import { createOnnxRuntimeEngine } from './onnxruntime/onnxRuntime.ts';
import { createTfjsEngine } from './tfjs/tfjs.ts';

/** Every engine there is. To add one: write its file, name it here. */
export const engines = { onnxruntime: createOnnxRuntimeEngine, tfjs: createTfjsEngine } as const;
