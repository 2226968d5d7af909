/**
 * Run in a process of its own, whose files may not grow beyond a limit: makes and saves a model of
 * 1 MB, and prints the code of the fault. Usage: saveLarge.ts <folder>
 */
import path from 'node:path';
import fs from 'node:fs';
import { floatTensor } from '../../server/core/graph/tensorValues.ts';
import { noJob } from '../../server/core/job.ts';
import { openDocument } from '../../server/formats/index.ts';
import * as b from './onnxBuilder.ts';

async function saveLarge(folder: string): Promise<string> {
  const file = path.join(folder, 'large.onnx');
  const small = b.model(
    b.graph(
      b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }),
      b.initializer(b.floats('w', [1], [1])),
      b.input('x'),
      b.output('y'),
    ),
  );
  fs.writeFileSync(file, small);
  const opened = await openDocument(file, noJob);
  if (!opened.ok) return opened.error.code;
  const { graph } = opened.value;
  const large = floatTensor('w', [2 ** 18], new Float32Array(2 ** 18));
  const edited = { ...graph, tensors: new Map([['w', large]]) };
  const saved = await opened.value.write(edited, file, new Map(), noJob);
  return saved.ok ? 'saved' : saved.error.code;
}

void saveLarge(process.argv[2] ?? '.').then((code) => process.stdout.write(`${code}\n`));
