import { closeSync, openSync, writeSync } from 'node:fs';
import {
  FLOAT,
  int,
  input,
  join,
  message,
  model,
  node,
  output,
  tag,
  text,
  varint,
} from '../kit/onnxBuilder.ts';
import { Random } from '../kit/random.ts';

const channels = 512;
const layerBytes = channels * channels * 9 * 4;

/**
 * Writes a chain of 3×3 convolutions with ReLU of about `sizeBytes` to `path`, weights as raw_data
 * in the file, layer by layer, so that any size takes the memory of one layer. Returns its layers.
 */
export function writeChain(path: string, sizeBytes: number): number {
  const layers = Math.max(1, Math.round(sizeBytes / layerBytes));
  const weights = new Random(3).normal(channels * channels * 9, 0, 0.02);
  const raw = new Uint8Array(weights.buffer);
  const heads: Uint8Array[] = [];
  let size = 0;
  for (let i = 0; i < layers; i++) {
    const fields = join(
      ...[channels, channels, 3, 3].map((dim) => int(1, dim)),
      int(2, FLOAT),
      text(8, `w${i}`),
    );
    const tensorSize = fields.length + tag(9, 2).length + varint(raw.length).length + raw.length;
    const head = join(tag(5, 2), varint(tensorSize), fields, tag(9, 2), varint(raw.length));
    heads.push(head);
    size += head.length + raw.length;
  }
  const nodes = Array.from({ length: layers }, (_, i) =>
    join(
      node({
        op: 'Conv',
        inputs: [i === 0 ? 'x' : `r${i - 1}`, `w${i}`],
        outputs: [`c${i}`],
        name: `conv${i}`,
      }),
      node({ op: 'Relu', inputs: [`c${i}`], outputs: [`r${i}`], name: `relu${i}` }),
    ),
  );
  const rest = join(
    text(2, 'chain'),
    ...nodes,
    input('x', [1, channels, 'H', 'W']),
    output(`r${layers - 1}`),
  );
  const shell = model(new Uint8Array(0));
  const empty = message(7, new Uint8Array(0));
  const at = indexOf(shell, empty);
  const file = openSync(path, 'w');
  try {
    writeAll(file, shell.subarray(0, at));
    writeAll(file, join(tag(7, 2), varint(size + rest.length), rest));
    for (const head of heads) {
      writeAll(file, head);
      writeAll(file, raw);
    }
    writeAll(file, shell.subarray(at + empty.length));
  } finally {
    closeSync(file);
  }
  return layers;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

function indexOf(hay: Uint8Array, needle: Uint8Array): number {
  const at = Buffer.from(hay).indexOf(needle);
  if (at < 0) throw new Error('the empty graph is not in the shell');
  return at;
}
