import { channelFactors } from '../core/compare/channelFactors.ts';
import { layerDifference, sameDb } from '../core/compare/layerDifference.ts';
import { matchLayers, type LayerMatch, type LayerMatching } from '../core/compare/matchLayers.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { isQuantizedModel } from '../core/quant/quantizedModel.ts';
import { reportLayers } from '../core/reports/weightReport.ts';
import { BadData } from '../data/samples.ts';
import { reportedLayers } from '../diagnoseModel.ts';
import { EngineFault } from '../engines/engine.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { CompareFigure, CompareSide } from '../protocol/compare.ts';
import { pairInputs } from '../quantize/sameSamples.ts';
import type { DepthShare } from '../quantize/shareByDepth.ts';
import { Refused } from '../refused.ts';
import { depthShares, floatGraph, measureOther } from './compareMeasured.ts';
import type { OtherModel } from './compareOthers.ts';
import type { Measured } from './measured.ts';
import type { Session } from './session.ts';

/** One side of a comparison, and what is known of it. */
export interface Standing {
  readonly side: CompareSide;
  readonly document: ModelDocument;
  /** Absent: it is a state of the session's own model. */
  readonly other?: OtherModel;
  /** With batch norms folded, as every target rounds it. */
  readonly graph: Graph;
  readonly isQuantized: boolean;
  /** What samples said; absent: not measured. */
  readonly measured?: Measured;
  /** Of each layer with one kind of rounding up to it, by name; absent: not measured. */
  readonly shares?: Readonly<Record<string, DepthShare>>;
  /** dB by layer name; Infinity everywhere for float; absent: there is none. */
  readonly figures?: ReadonlyMap<string, number> | 'exact';
}

/** Two sides, matched and measured. */
export interface Compared {
  readonly sides: readonly [Standing, Standing];
  readonly figure: CompareFigure;
  readonly matching: LayerMatching;
  /** SQNR of the second's weights against the first's in dB, by the first's name. */
  readonly apart: ReadonlyMap<string, number>;
  /** Layers whose weights differ by factors of channels alone, by the first's name. */
  readonly rescaled: ReadonlySet<string>;
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
}

/**
 * Opens, matches and measures the two sides; what cannot be measured is compared by weights. Outputs
 * are held against each side's own float network, or with `isTruth` against that of the session.
 */
export async function compareSides(
  session: Session,
  [one, two]: readonly [CompareSide, CompareSide],
  job: Job,
  isTruth = false,
): Promise<Compared> {
  session.others.keepOnly([one, two].flatMap((side) => (side.kind === 'other' ? side.path : [])));
  try {
    return await compared(session, [one, two], isTruth, job);
  } finally {
    session.others.forgetFolded([session.state.base, session.shownGraph]);
  }
}

async function compared(
  session: Session,
  [one, two]: readonly [CompareSide, CompareSide],
  isTruth: boolean,
  job: Job,
): Promise<Compared> {
  await job.checkpoint(0, 5, 'Reading models.');
  const sides: [Standing, Standing] = [
    await standing(session, one, job),
    await standing(session, two, job),
  ];
  await job.checkpoint(1, 5, 'Matching layers.');
  const isOwn = sides.every(({ other }) => other === undefined);
  const matching = isOwn
    ? sameNames(sides[0].graph, sides[1].graph)
    : await matchLayers(sides[0].graph, sides[1].graph, part(job, 0.2, 0.4));
  const apart = new Map<string, number>();
  const rescaled = new Set<string>();
  for (const [at, match] of (isOwn ? [] : matching.matches).entries()) {
    await job.checkpoint(0.4 + (0.1 * at) / matching.matches.length, 1, match.first.name);
    const { sqnrDb } = layerDifference(match).weight;
    apart.set(match.first.name, sqnrDb);
    if (sqnrDb <= sameDb && channelFactors(match)) rescaled.add(match.first.name);
  }
  const notes: string[] = [];
  const found = { matching, apart, rescaled, notes };
  if (matching.matches.length === 0) return { sides, figure: 'apart', ...found };
  const measured = await onSamples(session, sides, notes, isTruth, part(job, 0.5, 0.8));
  if (measured) {
    const [first, second] = measured;
    const whole = await withShares(session, second, part(job, 0.8, 1));
    return { sides: [first, whole], figure: 'soFar', ...found };
  }
  // What a quantized file has lost is said against its float model, not against another rounding.
  const isAgainstFloat =
    session.kind === 'quantized' && sides[0].isQuantized !== sides[1].isQuantized;
  if (isAgainstFloat) return { sides, figure: 'apart', ...found };
  const weighed: [Standing, Standing] = [
    await byWeights(session, sides[0], job),
    await byWeights(session, sides[1], job),
  ];
  const hasFigures = weighed.some(({ figures }) => figures !== undefined && figures !== 'exact');
  return { sides: weighed, figure: hasFigures ? 'weights' : 'apart', ...found };
}

async function standing(session: Session, side: CompareSide, job: Job): Promise<Standing> {
  if (side.kind === 'other') {
    const other = await session.others.open(side.path, job);
    const graph = await session.others.folded(other.document.graph, job);
    const { document } = other;
    return { side, document, other, graph, isQuantized: isQuantizedModel(graph) };
  }
  const { document, base } = session.state;
  const isQuantized = session.kind === 'quantized';
  if (side.kind === 'float' && isQuantized) {
    throw new Refused({
      code: 'quantized',
      message: `${session.name} is quantized: it has no float network to compare with.`,
      where: session.name,
      remedy: 'Choose the float model that it was made from as another file.',
    });
  }
  const graph =
    side.kind === 'float'
      ? await floatGraph(session, job)
      : await session.others.folded(side.kind === 'now' ? session.shownGraph : base, job);
  return { side, document, graph, isQuantized };
}

/** Both sides with what samples say; undefined where one of them cannot be measured. */
async function onSamples(
  session: Session,
  sides: readonly [Standing, Standing],
  notes: string[],
  isTruth: boolean,
  job: Job,
): Promise<[Standing, Standing] | undefined> {
  const { data } = session.state;
  if (!data) return undefined;
  const { measurement } = session.measurer;
  const found: Standing[] = [];
  for (const [at, one] of sides.entries()) {
    const { side, other } = one;
    if (side.kind === 'float') {
      const scores = measurement && (measurement.now.scores ?? measurement.opened.scores);
      found.push({ ...one, figures: 'exact', ...(scores ? { measured: { scores } } : {}) });
      continue;
    }
    if (!other) {
      const measured = side.kind === 'now' ? measurement?.now : measurement?.opened;
      if (!measured?.layers || measurement?.isStale) {
        notes.push(
          `${session.name} is not measured on its samples as it is now: Calibrate and measure, then compare again.`,
        );
        return undefined;
      }
      found.push(withMeasured(one, measured));
      continue;
    }
    const title = side.kind === 'other' ? side.title : '';
    const { why, notes: moved } = pairInputs(session.state.document, one.document);
    if (why !== undefined) {
      notes.push(`${title} cannot take the samples of ${session.name}: ${why}`);
      return undefined;
    }
    try {
      const share = part(job, 0.5 * at, 0.5 * at + 0.5);
      found.push(withMeasured(one, await measureOther(session, other, data, share, isTruth)));
      notes.push(...moved.map((note) => `${title}: ${note}`));
    } catch (thrown) {
      const isItsOwn = thrown instanceof EngineFault ? thrown.code !== 'died' : isFault(thrown);
      if (!isItsOwn || !(thrown instanceof Error)) throw thrown;
      notes.push(`${title} could not be run on the samples: ${thrown.message}`);
      return undefined;
    }
  }
  const [first, second] = found;
  return first && second ? [first, second] : undefined;
}

/** The second side with its roundings told apart, where it is rounded by us. */
async function withShares(session: Session, one: Standing, job: Job): Promise<Standing> {
  const { data } = session.state;
  if (!data || one.isQuantized || one.side.kind === 'float') return one;
  const shared = { ...one, isNow: one.side.kind === 'now' };
  return { ...one, shares: await depthShares(session, shared, data, job) };
}

/** Two states of one model: its layers keep their names. */
function sameNames(first: Graph, second: Graph): LayerMatching {
  const [own, others] = [reportedLayers(first), reportedLayers(second)];
  const twins = new Map(others.map((layer) => [layer.name, layer]));
  const matches = own.flatMap((layer): LayerMatch[] => {
    const twin = twins.get(layer.name);
    const same = { kind: 'name', affinity: 1, isPermuted: false } as const;
    return twin ? [{ first: layer, second: twin, ...same }] : [];
  });
  const known = new Set(matches.map((match) => match.first.name));
  return {
    matches,
    unmatched: {
      first: own.filter(({ name }) => !known.has(name)),
      second: others.filter(({ name }) => !known.has(name)),
    },
  };
}

const isFault = (thrown: unknown): boolean =>
  thrown instanceof BadData || thrown instanceof Refused;

const withMeasured = (one: Standing, measured: Measured): Standing => ({
  ...one,
  measured,
  figures: new Map(Object.entries(measured.layers ?? {}).map(([name, { soFar }]) => [name, soFar])),
});

/**
 * The side with the SQNR of its rounded weights. A quantized one's weights are held against those
 * of the session's float network.
 */
async function byWeights(session: Session, one: Standing, job: Job): Promise<Standing> {
  if (one.side.kind === 'float') return { ...one, figures: 'exact' };
  if (!one.isQuantized) {
    const reports = await reportLayers(reportedLayers(one.graph), session.state.target, job);
    const figures = reports.flatMap(({ layer, figures: { sqnrChosen }, fault }) =>
      fault === undefined ? [[layer.name, sqnrChosen] as const] : [],
    );
    return { ...one, figures: new Map(figures) };
  }
  if (session.kind !== 'float') return one;
  const float = await floatGraph(session, job);
  const { matches } = await matchLayers(float, one.graph, job);
  const figures = matches.map(
    (match) => [match.second.name, layerDifference(match).weight.sqnrDb] as const,
  );
  return { ...one, figures: new Map(figures) };
}

/** The part of a job from one share of it to another. */
const part = (job: Job, begin: number, end: number): Job => ({
  checkpoint: (done, total, what) =>
    job.checkpoint(begin + (end - begin) * (total > 0 ? Math.min(1, done / total) : 0), 1, what),
});
