import { scoresBehind } from '../comparedPairs.ts';
import type { Graph } from '../core/graph/graph.ts';
import { isFloat } from '../core/graph/tensor.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { Simulation } from '../core/quant/simulateGraph.ts';
import type { Engine } from '../engines/engine.ts';
import type {
  DifferenceTotals,
  Reduction,
  ReductionResult,
  SampleTask,
  TaskNetwork,
  ValueAt,
} from '../engines/sampleTask.ts';
import { moveOfValue } from './channelMoves.ts';
import { networkOf, type RunnableModel } from './context.ts';
import { runTask, type SampleFailure, type TaskSamples } from './runTask.ts';
import { accuracyOf, errorScores, type Accuracy, type ErrorScores } from './scores.ts';

/** A network to be judged, beside the float one. */
export interface Contender extends RunnableModel {
  /** The other name of values that are rounded in it; an output is judged after rounding. */
  readonly rounded?: Simulation['rounded'];
  readonly useIntegerKernels?: boolean;
  /** The graph before it was rounded, to look for what feeds a final Softmax in. */
  readonly unrounded?: Graph;
}

export interface EvaluateRequest {
  readonly engine: Engine;
  /** The float model whose outputs count as the truth. */
  readonly reference: RunnableModel;
  readonly contenders: readonly Contender[];
  readonly on: TaskSamples;
  readonly labels?: Int32Array;
  /** Where the reference's values are kept for later runs, or were by an earlier one. */
  readonly truth?: KeptTruth;
}

/** Values of a reference that the engine keeps, so that it need not run again. */
export interface KeptTruth {
  /** The name that each is kept under. */
  readonly names: ReadonlyMap<string, string>;
  /** They are there, from these samples in these runs; else this run keeps them. */
  readonly isKept: boolean;
}

/** What a contender scored on the samples that ran. */
export interface ContenderScores extends ErrorScores {
  /** The same before a final Softmax or Sigmoid; absent where the network has none. */
  readonly logits?: ErrorScores;
  readonly accuracy?: Accuracy;
  /** Share of rows whose largest output is that of the reference; absent where they are no scores. */
  readonly agreement?: number;
  /** Squared signal and error of each sample, over all outputs. */
  readonly samples: NonNullable<DifferenceTotals['samples']>;
  /** The same before a final Softmax or Sigmoid. */
  readonly logitsSamples?: NonNullable<DifferenceTotals['samples']>;
}

export interface Evaluation {
  readonly float: { readonly accuracy?: Accuracy };
  readonly contenders: readonly ContenderScores[];
  readonly count: number;
  readonly failures: readonly SampleFailure[];
}

/** An output that is judged, by its names in the reference and in each contender. */
export interface Judged {
  readonly reference: string;
  readonly contenders: readonly string[];
  readonly kind: 'output' | 'logits';
}

/**
 * Runs the float network and all contenders on the same samples and compares their outputs.
 * Outputs are matched by name, else by position. Integer outputs are not compared.
 */
export async function evaluate(request: EvaluateRequest, job: Job): Promise<Evaluation> {
  const { engine, reference, contenders, on, labels, truth } = request;
  const judged = judgedValues(reference.graph, contenders);
  const outputs = judged.filter(({ kind }) => kind === 'output');
  const own = referenceRun(
    request,
    judged.map((one) => one.reference),
  );
  const networks: TaskNetwork[] = [
    ...own,
    ...contenders.map((one, at) => ({
      ...networkOf(
        one,
        judged.map(({ contenders: names }) => names[at] ?? ''),
      ),
      ...(one.useIntegerKernels ? { useIntegerKernels: true } : {}),
    })),
  ];
  const referenceAt = (value: string): ValueAt =>
    truth?.isKept ? { kept: truth.names.get(value) ?? '' } : { network: 0, value };
  const moves = contenders.map((one, at) => {
    const plain = new Map([...(one.rounded ?? [])].map(([value, rounded]) => [rounded, value]));
    return judged.map(({ reference: value, contenders: names }) => {
      const name = names[at] ?? '';
      return moveOfValue({ ...one, value: plain.get(name) ?? name }, { ...reference, value });
    });
  });
  const actualAt = (at: number, value: string, i: number): ValueAt => {
    const move = moves[at]?.[i];
    return { network: own.length + at, value, ...(move ? { move } : {}) };
  };
  const reductions: Reduction[] = [];
  const differences = contenders.map((_, at) =>
    judged.map(({ reference: name, contenders: names }, i) => {
      reductions.push({
        kind: 'difference',
        reference: referenceAt(name),
        actual: actualAt(at, names[at] ?? '', i),
        perSample: true,
      });
      return reductions.length - 1;
    }),
  );
  const [main] = outputs;
  const top = 5;
  const ranked = main
    ? [
        referenceAt(main.reference),
        ...main.contenders.map((name, at) => actualAt(at, name, judged.indexOf(main))),
      ]
    : [];
  const rankings = ranked.map((of) => reductions.push({ kind: 'ranking', of, top }) - 1);
  const task: SampleTask = { networks, reductions };
  const outcome = await runTask(engine, task, on, job, 'Evaluating samples');
  const result = (at: number): ReductionResult => {
    const found = outcome.results[at];
    if (!found) throw new Error(`no result ${at}`);
    return found;
  };
  const ranking = (at: number): Extract<ReductionResult, { kind: 'ranking' }> => {
    const found = result(rankings[at] ?? -1);
    if (found.kind !== 'ranking') throw new Error('not a ranking');
    return found;
  };
  const difference = (at: number): DifferenceTotals => {
    const found = result(at);
    if (found.kind !== 'difference') throw new Error('not a difference');
    return found.difference;
  };
  const accuracy = (at: number): { accuracy?: Accuracy } =>
    labels && main ? { accuracy: accuracyOf(ranking(at), labels, top) } : {};
  // Boxes and landmarks have a largest number, too, which is no answer.
  const isOnly = outputs.length === 1 || judged.some(({ kind }) => kind === 'logits');
  const hasScores = main !== undefined && (labels !== undefined || (isOnly && ranking(0).isFlat));
  return {
    float: accuracy(0),
    contenders: contenders.map((_, at) => {
      const ofThis = differences[at] ?? [];
      const part = (kind: Judged['kind']): DifferenceTotals[] =>
        ofThis.filter((_, i) => judged[i]?.kind === kind).map(difference);
      const logits = part('logits');
      return {
        ...errorScores(part('output')),
        ...(logits.length > 0
          ? { logits: errorScores(logits), logitsSamples: samplesOf(logits) }
          : {}),
        ...accuracy(at + 1),
        ...(hasScores ? { agreement: agreementOf(ranking(0), ranking(at + 1), top) } : {}),
        samples: samplesOf(part('output')),
      };
    }),
    count: outcome.count,
    failures: outcome.failures,
  };
}

/** The run of the reference, unless its values are there; these are handed out, and what is kept. */
function referenceRun(
  { reference, truth }: EvaluateRequest,
  values: readonly string[],
): TaskNetwork[] {
  if (truth?.isKept) return [];
  const keeps = [...(truth?.names ?? [])].map(([value, as]) => ({ value, as }));
  const network = networkOf(reference, [...values, ...keeps.map(({ value }) => value)]);
  return [{ ...network, ...(truth ? { keeps } : {}) }];
}

/** The outputs that are compared, and what feeds a final Softmax or Sigmoid. */
export function judgedValues(reference: Graph, contenders: readonly Contender[]): Judged[] {
  const wiring = wiringOf(reference);
  const judged: Judged[] = [];
  for (const [position, output] of reference.outputs.entries()) {
    if (!isFloat(output.type) && output.type !== 'other') continue;
    const own = contenders.map(({ graph }) => {
      const same = graph.outputs.find(({ name }) => name === output.name);
      return (same ?? graph.outputs[position])?.name ?? output.name;
    });
    const names = own.map((name, at) => contenders[at]?.rounded?.get(name) ?? name);
    judged.push({ reference: output.name, contenders: names, kind: 'output' });
    const scores = scoresBehind(output.name, wiring);
    const theirs = contenders.map(({ graph, rounded, unrounded: plain }, at) => {
      const around = plain ? wiringOf(plain) : unrounded(graph, rounded);
      const behind = scoresBehind(own[at] ?? '', around);
      return behind === undefined ? undefined : (rounded?.get(behind) ?? behind);
    });
    const known = theirs.filter((name) => name !== undefined);
    if (scores !== undefined && known.length === theirs.length) {
      judged.push({ reference: scores, contenders: known, kind: 'logits' });
    }
  }
  return judged;
}

/** A wiring in which users read the value before rounding, as in the float network. */
function unrounded(
  graph: Graph,
  rounded: Simulation['rounded'] | undefined,
): ReturnType<typeof wiringOf> {
  const wiring = wiringOf(graph);
  const before = new Map([...(rounded ?? [])].map(([value, name]) => [name, value]));
  return {
    tensor: (name) => wiring.tensor(name),
    maker: (value) => {
      const node = wiring.maker(value);
      return node && { ...node, inputs: node.inputs.map((name) => before.get(name) ?? name) };
    },
    users: (value) => wiring.users(value),
    useCount: (value) => wiring.useCount(value),
    isGraphOutput: (value) => wiring.isGraphOutput(value),
  };
}

type Ranking = Extract<ReductionResult, { kind: 'ranking' }>;

/** Share of rows with the same largest element. */
function agreementOf(first: Ranking, second: Ranking, top: number): number {
  let rows = 0;
  let same = 0;
  for (const [at, ranks] of first.ranking.entries()) {
    const other = second.ranking[at];
    for (let row = 0; row * top < ranks.length; row++) {
      rows++;
      if (other?.[row * top] === ranks[row * top]) same++;
    }
  }
  return rows === 0 ? 1 : same / rows;
}

/** Signal and error of each sample over several values. */
function samplesOf(parts: readonly DifferenceTotals[]): ContenderScores['samples'] {
  const [first] = parts;
  const index = first?.samples?.index ?? new Int32Array(0);
  const signal = new Float64Array(index.length);
  const noise = new Float64Array(index.length);
  for (const { samples } of parts) {
    for (let i = 0; i < index.length; i++) {
      signal[i] = (signal[i] ?? 0) + (samples?.sumSquaredReference[i] ?? 0);
      noise[i] = (noise[i] ?? 0) + (samples?.sumSquaredError[i] ?? 0);
    }
  }
  return { index, sumSquaredReference: signal, sumSquaredError: noise };
}
