/** Looks at model files with other parties' code: onnx-proto decodes, ONNX Runtime runs. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Operators and float32 weights of a file. */
export function readModel(path) {
  const { onnx } = require('onnx-proto');
  const { graph } = onnx.ModelProto.decode(readFileSync(path));
  const weights = new Map(
    graph.initializer.map((t) => [t.name, new Float32Array(Uint8Array.from(t.rawData).buffer)]),
  );
  return { operators: graph.node.map(({ opType }) => opType), weights };
}

/** The outputs of `net.onnx` and its kin on a fixed image. */
export async function runModel(path) {
  const ort = require('onnxruntime-node');
  const session = await ort.InferenceSession.create(path);
  const image = Float32Array.from({ length: 432 }, (_, i) => Math.sin(i * 0.7));
  const feeds = { image: new ort.Tensor('float32', image, [1, 3, 12, 12]) };
  const { scores } = await session.run(feeds);
  const values = [...scores.data];
  await session.release();
  return values;
}

/** max |a - b| / max |b|. */
export function relativeChange(a, b) {
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]))) / largest;
}
