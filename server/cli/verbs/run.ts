import { isUtf8 } from 'node:buffer';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Graph } from '../../core/graph/graph.ts';
import { runSamples } from '../../data/runSamples.ts';
import { runnerLabel } from '../../compareEngines.ts';
import type { Runner } from '../../engines/engine.ts';
import { writeOutputs } from '../../data/writeOutputs.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { counted } from '../text.ts';
import { openPlaceSamples } from '../samples.ts';
import { writing } from '../outputFiles.ts';
import type { Workplace } from '../workplace.ts';
import { compared, engineFields } from './enginesBeside.ts';

/** `rangefinder run`: float inference; outputs to `.npz` or `.json`. */
export async function run(place: Workplace): Promise<Answer> {
  const path = place.outputPath(['.npz', '.json']);
  const { settings } = place;
  const labels = settings.text('labels');
  if (labels !== undefined) await checkLabels(labels);
  const batch = settings.integer('batch', 1, 65536, 1);
  const outputs = settings.list('outputs');
  const document = await place.open();
  checkValues(document.graph, outputs);
  const { samples } = await openPlaceSamples(place, document, []);
  if (settings.has('compare-engines')) {
    return compared(place, document, samples, samples.fixedBatch ?? batch);
  }
  let runner: Runner | undefined;
  let left = 0;
  const results = await runSamples(
    place.engine(),
    document,
    document.graph,
    samples,
    {
      batch,
      ...(outputs.length > 0 ? { outputs } : {}),
      onOpen: (by) => (runner = by),
      onIssue(issue) {
        place.issues.push(issue);
        left++;
      },
    },
    place.job,
  );
  if (path !== undefined) await writing(path, () => writeOutputs(path, results));
  for (const { severity, message } of runner?.notes ?? []) {
    if (severity === 'warning') place.issues.push({ code: 'engine', severity, message });
  }
  const by = runner ? `, run by ${runnerLabel(runner)}` : '';
  return {
    fields: {
      outputs: results.map(({ name, dims, type }) => ({ name, shape: dims, type, file: path })),
      samples: samples.count - left,
      source: samples.source,
      ...(runner ? { engine: engineFields(runner) } : {}),
    },
    text: [
      `${counted(samples.count - left, 'sample')} from ${samples.source}${by}.`,
      ...results.map(({ name, dims, type }) => `  ${name}: ${type} [${dims.join(', ')}]`),
      path === undefined ? 'Nothing was saved: give -o FILE.npz.' : `Saved: ${path}`,
    ],
  };
}

/** Labels are a `.npy` or text: anything else is named as what it is, and never printed. */
async function checkLabels(path: string): Promise<void> {
  if (/\.npy$/i.test(path) || !statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  const bytes = await readFile(path);
  if (isUtf8(bytes) && !bytes.includes(0)) return;
  const text = `--labels "${path}" is not a text file`;
  const remedy = /\.npz$/i.test(path)
    ? 'give the .npz with --data: its array y or labels is found by itself'
    : 'give a .npy, or text with one integer a line';
  throw new CommandFault(3, 'wrong-labels', text, path, remedy);
}

/** Values given with --outputs that the model does not compute are wrong usage. */
function checkValues(graph: Graph, names: readonly string[]): void {
  const known = new Set([
    ...graph.outputs.map(({ name }) => name),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  const stranger = names.find((name) => !known.has(name));
  if (stranger === undefined) return;
  const remedy = `its outputs are ${graph.outputs.map(({ name }) => name).join(', ')}`;
  const text = `the model computes no value called "${stranger}"`;
  throw new CommandFault(2, 'unknown-output', text, stranger, remedy);
}
