/** Looks at model files with other parties' code: onnx-proto decodes, ONNX Runtime runs. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Operators, float32 weights and notes of a file. */
export function readModel(path) {
  const { onnx } = require('onnx-proto');
  const { graph, metadataProps } = onnx.ModelProto.decode(readFileSync(path));
  const weights = new Map(
    graph.initializer.map((t) => [t.name, new Float32Array(Uint8Array.from(t.rawData).buffer)]),
  );
  const notes = new Map(metadataProps.map(({ key, value }) => [key, value]));
  return { operators: graph.node.map(({ opType }) => opType), weights, notes };
}

/** The outputs of a file on a fixed image: as `net.onnx` and its kin take it, or of other dimensions. */
export async function runModel(path, dims = [1, 3, 12, 12]) {
  const ort = require('onnxruntime-node');
  const session = await ort.InferenceSession.create(path);
  const length = dims.reduce((product, dim) => product * dim);
  const image = Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7));
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const outputs = await session.run({ [input]: new ort.Tensor('float32', image, dims) });
  const values = [...outputs[output].data];
  await session.release();
  return values;
}

/** max |a - b| / max |b|. */
export function relativeChange(a, b) {
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]))) / largest;
}
