import { basename, resolve } from 'node:path';
import { isQuantizedModel } from '../core/quant/quantizedModel.ts';
import { isBatchNorm } from '../core/graph/affine.ts';
import type { Dimension, Graph } from '../core/graph/graph.ts';
import type { Purpose } from '../data/splitSamples.ts';
import type { ModelDocument } from '../formats/format.ts';
import { openDocument } from '../formats/index.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { contextOf } from '../quantize/contextOf.ts';
import type { SampleFailure, TaskSamples } from '../quantize/runTask.ts';
import { pairInputs } from '../quantize/sameSamples.ts';
import { CommandFault, fromFormat } from './fault.ts';
import { checkThere } from './missingFile.ts';
import { openPlaceSamples, type PlaceSamples } from './samples.ts';
import { counted } from './text.ts';
import { hintAtReference, warnOfOtherGrid } from './uncorrected.ts';
import type { Workplace } from './workplace.ts';

/** What the verbs that run the network on data work with. */
export interface Quantizing {
  readonly context: QuantizeContext;
  readonly data: PlaceSamples;
  /** The samples of one purpose. Throws a usage fault where there are none. */
  readonly on: (purpose: Purpose) => TaskSamples;
}

/**
 * Opens the model and its samples (`otherwise` where no data is named), and runs the network once to
 * learn its values.
 */
export async function openQuantizing(
  place: Workplace,
  purposes: readonly Purpose[],
  otherwise?: string,
): Promise<Quantizing> {
  const { settings } = place;
  const document = await openFloatModel(place);
  const data = await openPlaceSamples(place, document, purposes, otherwise);
  const batch = settings.integer('batch', 1, 65536, 1);
  const all = purposes.flatMap((purpose) => data.indices[purpose]);
  const samples: TaskSamples = { samples: data.samples, indices: all, batch };
  if (!corrections.has(place.given.verb)) warnOfOtherGrid(place, document);
  if (place.given.verb !== 'repair') noteUnfolded(place, document.graph);
  const context = await placeContext(place, document, samples);
  const on = (purpose: Purpose): TaskSamples => {
    const indices = data.indices[purpose];
    if (indices.length > 0) return { ...samples, indices };
    const text = `there are no samples to ${words[purpose]}: ${data.samples.count} in all`;
    throw new CommandFault(2, 'too-few-samples', text, undefined, `give --${purpose} A..B`);
  };
  return { context, data, on };
}

/** The model of the command; refuses one whose grids were chosen already. */
export async function openFloatModel(place: Workplace): Promise<ModelDocument> {
  const document = await place.open();
  if (!isQuantizedModel(document.graph)) return document;
  throw new CommandFault(
    4,
    'quantized',
    'the model is quantized already: what it rounds cannot be chosen any more',
    document.path,
    'take the float model that it was made from; compare puts the two side by side',
  );
}

/** What runs the model for the target of the command; without samples only weights are known. */
export async function placeContext(
  place: Workplace,
  document: ModelDocument,
  samples?: TaskSamples,
): Promise<QuantizeContext> {
  const { settings } = place;
  const parts = {
    document,
    graph: document.graph,
    engine: place.engine(),
    target: settings.target(),
    seed: settings.integer('seed', 0, 2 ** 31 - 1, 1),
  };
  const context = await contextOf(parts, samples, place.job);
  if (!context.ok) throw fromFormat(context.error, 3);
  return context.value;
}

/** Verbs that start from the biases before a correction. */
const corrections: ReadonlySet<string> = new Set(['correct', 'repair']);

const words = { calibration: 'calibrate with', correction: 'correct with', judge: 'judge by' };

/**
 * Says that batch norms which stand apart are judged so: nearly every target folds them, and their
 * scales make the weights uneven only then.
 */
function noteUnfolded(place: Workplace, graph: Graph): void {
  const count = graph.nodes.filter(isBatchNorm).length;
  if (count === 0) return;
  const [are, them] = count === 1 ? ['is', 'it'] : ['are', 'them'];
  place.issues.push({
    code: 'unfolded-batch-norms',
    severity: 'warning',
    message: `The figures are of the unfolded network, not those that you will get: ${counted(count, 'batch norm')} ${are} not folded, and every target folds ${them} first, which changes the weights. rangefinder fold does it.`,
  });
}

/** The model that `--reference` names, else the model itself. */
export async function openReference(place: Workplace, own: ModelDocument): Promise<ModelDocument> {
  const path = place.settings.text('reference');
  if (path === undefined) {
    hintAtReference(place, own);
    return own;
  }
  checkThere(path, { is: '--reference' });
  const opened = await openDocument(resolve(path), place.job);
  if (!opened.ok) throw fromFormat(opened.error, 3);
  place.onClose(() => opened.value.dispose());
  checkReference(own, opened.value, path);
  if (isQuantizedModel(opened.value.graph)) {
    const message = `--reference ${path} is quantized itself: the truth here is what it computes, its own rounding included, and no float network.`;
    place.issues.push({ code: 'quantized-reference', severity: 'warning', message });
  }
  return opened.value;
}

/** Refuses a reference that takes or gives something else than the model does. */
function checkReference(own: ModelDocument, reference: ModelDocument, path: string): void {
  const why = pairInputs(own, reference).why ?? unlikeOutputs(own.graph, reference.graph);
  if (why === undefined) return;
  const text = `--reference ${path} seems to be another network than ${basename(own.path)}: ${why}`;
  const remedy = 'name the float file that the model was made from, as it was before';
  throw new CommandFault(3, 'other-model', text, path, remedy);
}

/** What outputs of one name, else of one place, differ in; undefined where nothing is known to. */
function unlikeOutputs(own: Graph, reference: Graph): string | undefined {
  for (const [at, output] of reference.outputs.entries()) {
    const twin = own.outputs.find(({ name }) => name === output.name) ?? own.outputs[at];
    const [theirs, ours] = [output, twin].map((value) => sizesOf(value?.shape));
    if (twin && theirs !== undefined && ours !== undefined && theirs !== ours) {
      return `the output "${output.name}" is ${theirs} there, and "${twin.name}" is ${ours} in the model.`;
    }
  }
  return undefined;
}

/** The sizes of one sample in rising order: channels may stand first or last. */
function sizesOf(shape: readonly Dimension[] | undefined): string | undefined {
  const sizes = shape?.slice(1) ?? [];
  if (sizes.length === 0 || sizes.some((size) => typeof size !== 'number')) return undefined;
  return sizes
    .map(Number)
    .sort((a, b) => a - b)
    .join('×');
}

/** Puts samples that were left out among the issues of the command, the first few by name. */
export function reportFailures(place: Workplace, failures: readonly SampleFailure[]): void {
  for (const { index, reason } of failures.slice(0, 8)) {
    const message = `Sample ${index} was left out: ${reason}`;
    place.issues.push({ code: 'sample-left-out', severity: 'warning', message, where: `${index}` });
  }
  if (failures.length > 8) {
    const message = `${failures.length - 8} more samples were left out.`;
    place.issues.push({ code: 'sample-left-out', severity: 'warning', message });
  }
}
