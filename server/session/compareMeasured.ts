import { matchLayers } from '../core/compare/matchLayers.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { restoreBiases } from '../core/passes/restoreBiases.ts';
import { isQuantizedModel } from '../core/quant/quantizedModel.ts';
import type { ModelDocument } from '../formats/format.ts';
import { calibrate } from '../quantize/calibrate.ts';
import { compareValues } from '../quantize/compareModels.ts';
import { evaluate } from '../quantize/evaluate.ts';
import { shareByDepth, type DepthShare } from '../quantize/shareByDepth.ts';
import { sideBySide, takenBy } from '../quantize/sameSamples.ts';
import { noEngine } from '../refused.ts';
import type { OtherModel } from './compareOthers.ts';
import { correctionIn } from './corrections.ts';
import { frozenFor } from './frozenEncodings.ts';
import { measureKey } from './measureCache.ts';
import type { Measured, MeasuredLayer } from './measured.ts';
import { measureGraphs } from './measureGraph.ts';
import { contextFor } from './measurer.ts';
import type { Session } from './session.ts';
import { samplesFor, type SessionData } from './sessionData.ts';

/**
 * What the samples of a session say of another model: a float one rounded for the session's target,
 * a quantized one as it is, against the float network of the session; with `isTruth` the outputs of
 * a float one are held against it, too. Kept by content.
 */
export async function measureOther(
  session: Session,
  other: OtherModel,
  data: SessionData,
  job: Job,
  isTruth = false,
): Promise<Measured> {
  const { target, fileHash } = session.state;
  const isQuantized = isQuantizedModel(other.document.graph);
  const against = isQuantized || isTruth ? { frozenId: `against ${fileHash}` } : {};
  const key = measureKey({
    fileHash: other.hash,
    changes: [],
    target,
    dataId: data.id,
    ...against,
  });
  const known = session.measureCache.get(key);
  if (known.layers && known.scores) return known;
  const found = isQuantized
    ? await measureQuantized(session, other, data, job)
    : await measureFloat(session, other, data, known, isTruth, job);
  session.measureCache.set(key, found);
  return found;
}

/** A float state whose roundings are to be told apart. */
export interface Shared {
  readonly document: ModelDocument;
  /** Folded. */
  readonly graph: Graph;
  /** Absent: the session's own model. */
  readonly other?: OtherModel;
  readonly isNow: boolean;
}

/**
 * What rounding only constants, and only values, does to each layer of one side, by name. Asked for
 * by those who look: it takes three runs of the network and a calibration. Kept by content.
 */
export async function depthShares(
  session: Session,
  { document, graph, other, isNow }: Shared,
  data: SessionData,
  job: Job,
): Promise<Readonly<Record<string, DepthShare>>> {
  const { target, fileHash, frozen: loaded } = session.state;
  const frozen = other ? undefined : loaded;
  const key = measureKey({
    fileHash: other?.hash ?? fileHash,
    changes: isNow && !other ? session.shownChanges : [],
    target,
    dataId: data.id,
    frozenId: `shares ${frozen?.id ?? ''}`,
  });
  const { shares } = session.measureCache.get(key);
  if (shares) return shares;
  const { engine } = session.context();
  const samples = takenBy(data.samples, session.state.document, document);
  const same = { ...data, samples };
  const note = other
    ? correctionIn(document)
    : isNow
      ? session.shownCorrection
      : session.openedCorrection;
  const subject = { document, engine, data: same, target, seed: session.seed };
  const context = await contextFor(subject, graph, note?.former ?? [], job);
  const on = target.activationBits === 'float' ? undefined : samplesFor(same, 'calibration');
  const calibration = await calibrate(context, on, job, frozenFor(frozen, context));
  const found = await shareByDepth(context, calibration, samplesFor(same, 'judge'), job);
  session.measureCache.set(key, { shares: Object.fromEntries(found) });
  return Object.fromEntries(found);
}

async function measureFloat(
  session: Session,
  { document }: OtherModel,
  given: SessionData,
  known: Measured,
  isTruth: boolean,
  job: Job,
): Promise<Measured> {
  const { target, document: own, base } = session.state;
  const { engine } = session.context();
  const taken = takenBy(given.samples, own, document);
  const { samples, feedsOf } = sideBySide(taken, document, isTruth ? [own] : []);
  const data = { ...given, samples };
  const former = correctionIn(document)?.former ?? [];
  const graph = await session.others.folded(document.graph, job);
  const subject = { document, engine, data, target, seed: session.seed };
  const context = await contextFor(subject, graph, former, job);
  const restored = await restoreBiases.run(document.graph, { former }, job);
  const reference = isTruth
    ? { document: own, graph: base, feeds: feedsOf(own) }
    : { document, graph: restored.graph };
  const { labels } = data.samples;
  let found = known;
  await measureGraphs(
    [{ context, known, frozen: frozenFor(undefined, context), tell: (more) => (found = more) }],
    {
      reference,
      calibration: target.activationBits === 'float' ? undefined : samplesFor(data, 'calibration'),
      judge: samplesFor(data, 'judge'),
      labels,
      sensitivity: false,
    },
    job,
  );
  return found;
}

/** A quantized model's layers and outputs against the float network that the session has open. */
async function measureQuantized(
  session: Session,
  { document }: OtherModel,
  data: SessionData,
  job: Job,
): Promise<Measured> {
  const { engine } = session.context();
  if (!engine?.beginTask) throw noEngine();
  const float = { document: session.state.document, graph: await floatGraph(session, job) };
  const { samples, feedsOf } = sideBySide(data.samples, float.document, [document]);
  const on = samplesFor({ ...data, samples }, 'judge');
  const { labels } = data.samples;
  const own = { document, graph: document.graph, feeds: feedsOf(document) };
  const contenders = [own];
  const request = { engine, reference: float, contenders, on, ...(labels ? { labels } : {}) };
  const judged = await evaluate(request, job);
  const matching = await matchLayers(float.graph, document.graph, job);
  const values = await compareValues(engine, [float, own], matching, 1, on, job);
  const layers: Record<string, MeasuredLayer> = {};
  for (const { first, second } of matching.matches) {
    const scores = values.layers.get(first.name);
    if (scores) layers[second.name] = { ...unknownShares, soFar: scores.sqnrDb };
  }
  const [quantized] = judged.contenders;
  if (!quantized) throw new Error('no contender');
  const { accuracy: float1 } = judged.float;
  const { count, failures } = judged;
  const scores = { quantized, samples: count, failures, ...(float1 ? { float: float1 } : {}) };
  const notes = values.findings.map(({ code, message }) => ({ code, message }));
  const calibration = { samples: 0, ranges: {}, overflows: [], notes };
  return { calibration, scores, layers };
}

/** The float network of a session: as opened, with the biases from before a correction, folded. */
export async function floatGraph(session: Session, job: Job): Promise<Graph> {
  const { base } = session.state;
  const former = session.openedCorrection?.former ?? [];
  if (former.length === 0) return session.others.folded(base, job);
  const { graph } = await restoreBiases.run(base, { former }, job);
  return session.others.folded(graph, job);
}

/** A quantized model cannot be run with only some of its roundings. */
const unknownShares: Omit<MeasuredLayer, 'soFar'> = {
  local: NaN,
  weights: NaN,
  activations: NaN,
  biasError: [],
  worstSamples: [],
};
