/** Encodings of 1,000 tensors, read and held against the model: CPU seconds, the middle of five. */
import { encodingsVersions } from '../../server/core/encodings/encodingsFile.ts';
import { readEncodings } from '../../server/core/encodings/readEncodings.ts';
import { writeEncodings } from '../../server/core/encodings/writeEncodings.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { weightEncoding } from '../../server/core/quant/weightEncodings.ts';
import { encodingOf, sharedGrids } from '../../server/core/quant/grid.ts';
import { planQuantizers } from '../../server/core/quant/planQuantizers.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import type { TensorEncoding } from '../../server/core/quant/tensorEncoding.ts';
import { checkEncodings } from '../../server/encodings/checkEncodings.ts';
import { graphOf, node, tensor } from '../kit/graphs.ts';
import { cpuSeconds, median, print, verdict } from './print.ts';

const limitSeconds = 0.1;

/** 500 convolutions of 64 channels: 500 weights, 500 values between them. */
const names = Array.from({ length: 500 }, (_, at) => `layer${at}.block.conv`);
const tensors: Tensor[] = names.map((name, at) => tensor(`${name}.weight`, [64, 1, 1, 1], at + 1));
const graph = graphOf({
  inputs: { x: [1, 64, 4, 4] },
  outputs: [`${names.at(-1)}/output`],
  nodes: names.map((name, at) =>
    node(
      'Conv',
      [at === 0 ? 'x' : `${names[at - 1]}/output`, `${name}.weight`],
      [`${name}/output`],
    ),
  ),
  tensors,
});

async function main(): Promise<void> {
  const plan = planQuantizers(graph, defaultTarget);
  const encodings = new Map(
    plan.quantizers.map((one): [string, TensorEncoding] => {
      const constant = graph.tensors.get(one.tensor);
      if (constant) return [one.tensor, weightEncoding(constant, one)];
      const grids = sharedGrids(encodingOf(-1, 3, one.format), 1);
      const { tensor: name, kind, axis } = one;
      return [name, { tensor: name, kind, axis, isSymmetric: false, grids }];
    }),
  );
  print(`  ${encodings.size} tensors`);
  for (const version of encodingsVersions) {
    const producer = { package: 'bench', version: '1' };
    const text = writeEncodings(encodings, { version, target: defaultTarget, producer });
    if (!text.ok) throw new Error(text.error.message);
    const used: number[] = [];
    for (let run = 0; run < 5; run++) {
      used.push(
        await cpuSeconds(() => {
          const { file } = readEncodings(text.value);
          if (!file || checkEncodings(file, { graph, plan }).problems.length > 0) {
            throw new Error(`version ${version} does not fit its own model`);
          }
        }),
      );
    }
    const megabytes = (text.value.length / 1e6).toFixed(1);
    verdict(`version ${version}, ${megabytes} MB`, median(used), limitSeconds, 's CPU');
  }
}

void main();
