import type { Graph } from '../../server/core/graph/graph.ts';
import type { ModelDocument } from '../../server/formats/format.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';

/** Where the engine's child starts from in tests: its source. */
export const engineChild = new URL('../../server/engines/onnxruntime/child.ts', import.meta.url)
  .pathname;

/** Where the child of TensorFlow.js starts from in tests. */
export const tfjsChild = new URL('../../server/engines/tfjs/child.ts', import.meta.url).pathname;

/** A document that has no file: it can be encoded, and nothing else. */
export const documentOf = (graph: Graph): ModelDocument => ({
  path: '/nowhere/test.onnx',
  info: {
    format: 'onnx',
    label: 'ONNX 17',
    producer: 'test',
    sizeBytes: 0,
    parameterCount: 0,
    nodeCount: graph.nodes.length,
    metadata: new Map(),
  },
  graph,
  issues: [],
  write: () => Promise.reject(new Error('a document without a file cannot be written')),
  encode: (edited, extraOutputs) => ({ bytes: encodeGraph(edited, extraOutputs), folder: '' }),
  dispose: () => undefined,
});
