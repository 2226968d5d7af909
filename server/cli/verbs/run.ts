import { openSamples } from '../../data/openSamples.ts';
import { runSamples } from '../../data/runSamples.ts';
import { writeOutputs } from '../../data/writeOutputs.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { grouped } from '../text.ts';
import type { Workplace } from '../workplace.ts';

/** `rangefinder run`: float inference; outputs to `.npz` or `.json`. */
export async function run(place: Workplace): Promise<Answer> {
  const path = place.outputPath();
  if (path !== undefined && !/\.(npz|json)$/i.test(path)) {
    throw new CommandFault(2, 'usage', `-o "${path}": outputs are written as .npz or .json`);
  }
  const document = await place.open();
  const { settings } = place;
  const data = settings.text('data');
  if (data === undefined) {
    throw new CommandFault(2, 'usage', 'run needs --data: an .npz, an .npy, or synthetic[:SEED]');
  }
  const labels = settings.text('labels');
  const seed = settings.integer('seed', 0, 2 ** 31 - 1, 1);
  const source = data === 'synthetic' ? `synthetic:${seed}` : data;
  const samples = await openSamples(
    source,
    document.graph.inputs,
    labels === undefined ? {} : { labels },
  );
  if (!samples.ok) {
    const { code, message, where, remedy } = samples.error;
    throw new CommandFault(code === 'not-supported-yet' ? 4 : 3, code, message, where, remedy);
  }
  const batch = settings.integer('batch', 1, 65536, 1);
  const outputs = settings.list('outputs');
  const results = await runSamples(
    place.engine(),
    document,
    document.graph,
    samples.value,
    { batch, ...(outputs.length > 0 ? { outputs } : {}) },
    place.job,
  );
  if (path !== undefined) await writeOutputs(path, results);
  return {
    fields: {
      outputs: results.map(({ name, dims, type }) => ({ name, shape: dims, type, file: path })),
      samples: samples.value.count,
      source: samples.value.source,
    },
    text: [
      `${grouped(samples.value.count)} samples from ${samples.value.source}.`,
      ...results.map(({ name, dims, type }) => `  ${name}: ${type} [${dims.join(', ')}]`),
      path === undefined ? 'Nothing was saved: give -o FILE.npz.' : `Saved: ${path}`,
    ],
  };
}
