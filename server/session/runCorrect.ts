import type { GraphEdit } from '../core/graph/edits.ts';
import { displayName, type Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { restoreBiases } from '../core/passes/restoreBiases.ts';
import { targetLabel } from '../core/quant/targets.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { correctedOn, type CorrectedOn } from '../correctedOn.ts';
import { nounText } from '../core/reports/words.ts';
import type { DataChoice } from '../protocol/data.ts';
import type { TargetSettings } from '../protocol/target.ts';
import { calibrate, planOf, weightEncodings } from '../quantize/calibrate.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { contextOf } from '../quantize/contextOf.ts';
import { correct, type Correction, type CorrectionMethod } from '../quantize/correct.ts';
import { evaluate } from '../quantize/evaluate.ts';
import type { TaskSamples } from '../quantize/runTask.ts';
import { noEngine, Refused, refusedFile } from '../refused.ts';
import type { Proof } from '../steps.ts';
import type { Change, StepRecord } from './changeLog.ts';
import { noteFor, withoutCorrection } from './corrections.ts';
import type { ChangeContext } from './runChange.ts';
import { dataLabel, openSessionData, samplesFor, type SessionData } from './sessionData.ts';

/** What a correction was asked for with; target and data are filled in by the session. */
interface CorrectOptions {
  readonly method: CorrectionMethod;
  readonly layers?: readonly string[];
  readonly ignore?: readonly string[];
  readonly quantizeActivations: boolean;
  readonly target: TargetSettings;
  readonly data?: DataChoice;
}

/** A correction, or its removal, as a change keeps it. */
export interface CorrectMade {
  readonly graph: Graph;
  readonly edits: readonly GraphEdit[];
  readonly records: readonly StepRecord[];
  readonly notes: readonly string[];
  readonly correction: Change['correction'];
  /** The samples that it was made on. */
  readonly samples?: string | undefined;
}

const methods: readonly CorrectionMethod[] = ['empirical', 'mixed', 'analytical', 'none'];

/**
 * Corrects the biases for the target's grid. A correction that is in force is taken back first, so
 * that errors are always those of the float network; its layers are corrected again.
 */
export async function runCorrect(
  context: ChangeContext,
  graph: Graph,
  given: Record<string, unknown>,
  job: Job,
): Promise<CorrectMade> {
  if (given['remove'] === true) return removeCorrection(context, graph, job);
  const options = readOptions(given, context);
  return withData(context, options.data, async (data) => {
    const former = context.correction?.former ?? [];
    const plain = await withoutCorrection(graph, former, job);
    const quantize = await contextFor(context, plain.graph, options.target, data, job);
    const encodings = await encodingsFor(quantize, data, options, job);
    const earlier = former.map(({ layer }) => layer);
    const isEmpirical = options.method === 'empirical' || options.method === 'mixed';
    const request = {
      method: options.method,
      layers: wantedLayers(plain.graph, options, earlier),
      encodings,
      on: data && samplesFor(data, 'correction'),
    };
    const correction = await correct(quantize, request, job);
    const { result } = correction;
    if (result.edits.length === 0) {
      const records = [recordFor(plain.graph, correction, undefined)];
      return { graph, edits: [], records, notes: [nothingDone(correction)], correction: undefined };
    }
    const names = result.applied.map(({ layer }) => layer);
    const proof =
      data &&
      (await movedBy(quantize, result.graph, samplesFor(data, 'judge'), options.target, job));
    return {
      graph: result.graph,
      edits: [...plain.edits, ...result.edits],
      records: [recordFor(plain.graph, correction, proof)],
      notes: isEmpirical ? warnings(correction) : [],
      correction: noteFor(
        plain.graph,
        names,
        options.target,
        isEmpirical ? usedOf(data) : undefined,
      ),
      samples: data && dataLabel(data),
    };
  });
}

/** The samples that a correction was made on, for the file to say so. */
export const usedOf = (data: SessionData | undefined): CorrectedOn | undefined =>
  data && correctedOn(data.samples, data.indices.correction);

/** Opens what running a graph on the data needs. */
export async function contextFor(
  { document, engine, seed, data }: ChangeContext,
  graph: Graph,
  target: TargetSettings,
  own: SessionData | undefined,
  job: Job,
): Promise<QuantizeContext> {
  if (!engine?.beginTask) throw noEngine();
  const samples = own ?? data;
  const parts = { document, graph, engine, target, seed };
  const made = await contextOf(parts, samples && samplesFor(samples, 'correction'), job);
  if (!made.ok) throw refusedFile(made.error);
  return made.value;
}

/** Does work with the samples that a change names: those that are open, or opened for it again. */
export async function withData<T>(
  { document, dataPlace, data: open }: ChangeContext,
  choice: DataChoice | undefined,
  work: (data: SessionData | undefined) => Promise<T>,
): Promise<T> {
  if (!choice || (open && isSame(open.choice, choice))) return work(choice && open);
  const data = await openSessionData(document, choice, dataPlace);
  try {
    return await work(data);
  } finally {
    await data.samples.dispose();
  }
}

/** The same choice, whatever order its fields crossed in. */
const isSame = (one: DataChoice, other: DataChoice): boolean =>
  JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

/** How far the correction moves the float outputs: it is made for its grid, and exact for none. */
export async function movedBy(
  { document, engine, graph, seed }: QuantizeContext,
  corrected: Graph,
  on: TaskSamples,
  target: TargetSettings,
  job: Job,
): Promise<Proof> {
  const found = await evaluate(
    {
      engine,
      reference: { document, graph },
      contenders: [{ document, graph: corrected }],
      on,
    },
    job,
  );
  const [moved] = found.contenders;
  const maxAbs = moved?.maxAbs ?? 0;
  // Error over signal, root mean square: what an SQNR of the float outputs says.
  const maxRel = !moved || moved.sqnrDb === Infinity ? 0 : 10 ** (-moved.sqnrDb / 20);
  const [output, ...others] = graph.outputs;
  return {
    exercised: true,
    samples: found.count,
    source: on.samples.source,
    seed,
    maxAbs,
    maxRel,
    tolerance: 0,
    exact: false,
    // Of several outputs only what they come to together is known.
    values:
      output && others.length === 0 ? [{ name: output.name, maxAbs, maxRel, kind: 'output' }] : [],
    note: `Made for ${targetLabel(target)}: the float outputs move, and on another grid it may hurt.`,
  };
}

async function removeCorrection(
  { correction }: ChangeContext,
  graph: Graph,
  job: Job,
): Promise<CorrectMade> {
  if (!correction) {
    throw new Refused({
      code: 'no-correction',
      message: 'The biases were not corrected, so there is no correction to remove.',
    });
  }
  const { former } = correction;
  if (former.length === 0) {
    throw new Refused({
      code: 'no-correction',
      message:
        'The weights were changed after the correction, so the biases from before do not fit them and were not kept.',
      remedy: 'Undo those changes first, or begin from the file as it was.',
    });
  }
  const result = await restoreBiases.run(graph, { former }, job);
  const record: StepRecord = {
    step: 'correct',
    applied: [],
    skipped: result.skipped,
    isExact: true,
    proof: undefined,
  };
  const { edits } = result;
  return { graph: result.graph, edits, records: [record], notes: [], correction: 'removed' };
}

function readOptions(given: Record<string, unknown>, { target }: ChangeContext): CorrectOptions {
  const options = given as Partial<CorrectOptions>;
  const method = options.method ?? 'empirical';
  if (!methods.includes(method)) {
    throw new Refused({
      code: 'wrong-option',
      message: `There is no method "${method as string}"; there are ${methods.join(', ')}.`,
    });
  }
  const { data, layers, ignore } = options;
  if (!data && method !== 'analytical' && method !== 'none') {
    throw new Refused({
      code: 'no-data',
      message: 'Bias correction measures the mean error of each channel, and there are no samples.',
      remedy: 'Choose samples, use synthetic inputs, or take the analytical method.',
    });
  }
  return {
    method,
    quantizeActivations: options.quantizeActivations === true,
    target: options.target ?? target,
    ...(data ? { data } : {}),
    ...(layers ? { layers } : {}),
    ...(ignore ? { ignore } : {}),
  };
}

function wantedLayers(
  graph: Graph,
  { layers, ignore = [] }: CorrectOptions,
  earlier: readonly string[],
): ReadonlySet<string> {
  const all = layersOf(graph, wiringOf(graph)).map(({ name }) => name);
  const stranger = [...(layers ?? []), ...ignore].find((name) => !all.includes(name));
  if (stranger !== undefined) {
    throw new Refused({ code: 'unknown-layer', message: `The model has no layer "${stranger}".` });
  }
  const wanted = layers ? [...layers, ...earlier] : all;
  return new Set(wanted.filter((name) => !ignore.includes(name)));
}

async function encodingsFor(
  context: QuantizeContext,
  data: SessionData | undefined,
  { quantizeActivations }: CorrectOptions,
  job: Job,
): Promise<EncodingSet> {
  if (!quantizeActivations || !data) return weightEncodings(context, planOf(context), job);
  const { encodings } = await calibrate(context, samplesFor(data, 'calibration'), job);
  return new Map([...encodings].filter(([, { kind }]) => kind !== 'bias'));
}

/** What a correction found and did, as the ledger and the proof list it. */
export function recordFor(
  graph: Graph,
  { layers, skipped }: Correction,
  proof: Proof | undefined,
): StepRecord {
  const ids = new Map(graph.nodes.map((node) => [displayName(node), node.id]));
  const applied = layers.map((layer) => ({ ...layer, node: ids.get(layer.name) }));
  return { step: 'correct', applied, skipped, isExact: false, proof };
}

const nothingDone = ({ skipped }: Correction): string =>
  skipped[0] ? `nothing was done. The first: ${skipped[0].reason}` : 'there is nothing to do.';

/** Fewer samples than this give means that are worth a warning (issue 6). */
const enough = 100;

function warnings({ count, failures, layers }: Correction): string[] {
  const off = layers.filter(({ analyticalOff = 0 }) => analyticalOff > 0.1);
  return [
    ...(count < enough
      ? [
          `${nounText(count, 'sample gives a mean', 'samples give means')} that ${count === 1 ? 'is' : 'are'} uncertain by about ${(100 / Math.sqrt(Math.max(1, count))).toFixed(0)} % of the deviation from sample to sample; 500 to 1000 are usual.`,
        ]
      : []),
    ...(failures[0]
      ? [
          `${nounText(failures.length, 'sample was', 'samples were')} left out: ${failures[0].reason}`,
        ]
      : []),
    ...off
      .slice(0, 3)
      .map(
        ({ name, analyticalOff = 0 }) =>
          `${name}: the batch norms tell input means that are ${(100 * analyticalOff).toFixed(0)} % off those of the samples.`,
      ),
  ];
}
