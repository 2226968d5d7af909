import type { Format } from '../format.ts';
import { openOnnx } from './document.ts';

/** ONNX: one protobuf message, its weights in it or in files beside it. */
export const onnxFormat: Format = {
  id: 'onnx',
  title: 'ONNX',
  patterns: ['*.onnx'],
  open: openOnnx,
};
