import { tmpdir } from 'node:os';
import { displayName, isStandard, type Graph } from '../../core/graph/graph.ts';
import type { Layer, Wiring } from '../../core/graph/layer.ts';
import { wiringOf } from '../../core/graph/wiring.ts';
import type { Finding } from '../../core/diagnose/finding.ts';
import { rules } from '../../core/diagnose/index.ts';
import type { Job } from '../../core/job.ts';
import type { ClearApplied } from '../../core/passes/clearDeadChannels.ts';
import { isQuantizedModel } from '../../core/quant/quantizedModel.ts';
import { weightHistogram } from '../../core/reports/levelHistogram.ts';
import type { LayerReport } from '../../core/reports/weightReport.ts';
import { asRounded, diagnoseModel, reportedLayers, type Diagnosis } from '../../diagnoseModel.ts';
import type { ModelDocument } from '../../formats/format.ts';
import { shapeInFile } from '../../shapeInFile.ts';
import { forecastSteps, type Forecast } from '../../session/forecast.ts';
import { SpillFile } from '../../session/spill.ts';
import type { Answer } from '../envelope.ts';
import { belowText, failedIssue, isAsGrave, severities, toldText } from '../failOn.ts';
import { CommandFault } from '../fault.ts';
import { reportOf, weightVerdict } from '../reporting.ts';
import type { Workplace } from '../workplace.ts';
import { analyzeText } from './analyzeText.ts';
import { wantedLayers } from './wantedLayers.ts';

/** `rangefinder analyze`: weight diagnosis without data. */
export async function analyze(place: Workplace): Promise<Answer> {
  const rule = place.settings.text('fail-on');
  const whyFailed = failRule(rule);
  const document = await place.open();
  const { graph } = document;
  const wanted = wantedLayers(place, reportedLayers(graph), { graph });
  const target = place.settings.target();
  const forecast = isQuantizedModel(graph) ? undefined : await dryRun(place, graph);
  const diagnosis = await diagnoseModel(graph, target, forecast, place.job);
  const reports = diagnosis.reports.filter(({ layer }) => wanted.has(layer.name));
  const details = place.settings.has('verbose') ? await weightDetails(reports, place.job) : [];
  const names = new Map(diagnosis.reports.map(({ layer }) => [layer.node.id, layer.name]));
  const dead = deadByMaker(forecast);
  const wiring = wiringOf(graph);
  const why = whyFailed(diagnosis);
  if (rule !== undefined && why !== undefined) place.issues.push(failedIssue(rule, why));
  return {
    fields: {
      layers: reports.map((report, at) => ({
        ...layerFields(report, document, wiring, dead, details[at]),
        ...(diagnosis.counts.foldable > 0 ? foldedFields(diagnosis, report) : {}),
        estimatedDb: diagnosis.folded.get(report.layer.node.id)?.figures.estimated,
      })),
      findings: diagnosis.findings.map((finding) => findingFields(finding, names)),
      counts: diagnosis.counts,
    },
    text: [place.settings.targetText(), ...analyzeText(diagnosis, reports, document, target)],
    exit: why === undefined ? 0 : 1,
    report: await reportOf(place, () => ({ graph, verdict: weightVerdict(diagnosis) })),
  };
}

async function dryRun(place: Workplace, graph: Graph): Promise<Forecast> {
  const spill = new SpillFile(tmpdir(), `rangefinder-${process.pid}.spill`);
  try {
    return await forecastSteps(graph, spill, place.job);
  } finally {
    place.onClose(() => spill.dispose());
  }
}

const histogramBins = 64;

/** What `--verbose` adds to a layer's weight: the largest |w| of each channel, and a histogram. */
async function weightDetails(reports: readonly LayerReport[], job: Job): Promise<object[]> {
  const details: object[] = [];
  for (const { layer, ranges, fault } of reports) {
    if (fault !== undefined) {
      details.push({});
      continue;
    }
    const counts = await weightHistogram(layer, ranges, histogramBins, job);
    details.push({
      channelAbsmax: ranges.channelAbsMax,
      histogram: { min: ranges.min, max: ranges.max, counts },
    });
  }
  return details;
}

/** Dead output channels by the name of the layer that makes them. */
function deadByMaker(forecast: Forecast | undefined): Map<string, number> {
  const dead = new Map<string, Set<number>>();
  const applied = (forecast?.results.get('clear')?.applied ?? []) as readonly ClearApplied[];
  for (const { maker, channels } of applied) {
    const known = dead.get(maker) ?? new Set();
    for (const channel of channels) known.add(channel);
    dead.set(maker, known);
  }
  return new Map([...dead].map(([maker, channels]) => [maker, channels.size]));
}

function layerFields(
  report: LayerReport,
  { graph, info }: ModelDocument,
  wiring: Wiring,
  dead: ReadonlyMap<string, number>,
  details: object | undefined,
): object {
  const { layer, operator, ranges, figures, fault } = report;
  // Where weights are not finite nothing is measured, and all of these are placeholders.
  const statistics = fault === undefined ? report.statistics : undefined;
  const { batchNorm, activation } = behind(layer, wiring);
  return {
    name: layer.name,
    op: layer.node.op,
    operator,
    weight: {
      shape: shapeInFile(layer, info.format),
      min: statistics?.min ?? NaN,
      max: statistics?.max ?? NaN,
      mean: statistics?.mean ?? NaN,
      std: statistics?.std ?? NaN,
      absmax: fault === undefined ? ranges.absMax : NaN,
      kurtosis: statistics?.kurtosis ?? NaN,
      ...details,
    },
    sqnr: sqnrFields(report),
    channelSpread: fault === undefined ? figures.spread : NaN,
    deadChannels: dead.get(layer.name) ?? 0,
    lostChannels: fault === undefined ? figures.lostChannels : undefined,
    batchNorm: batchNorm ?? graph.statistics.get(layer.output)?.batchNorm ?? null,
    activation: activation ?? null,
    fault,
  };
}

/** The same layer as most targets round it: with its batch norm folded. */
function foldedFields({ folded }: Diagnosis, { layer }: LayerReport): object {
  const report = folded.get(layer.node.id);
  if (!report) return {};
  const isSound = report.fault === undefined;
  const channelSpread = isSound ? report.figures.spread : NaN;
  const absmax = isSound ? report.ranges.absMax : NaN;
  return { folded: { absmax, sqnr: sqnrFields(report), channelSpread } };
}

const sqnrFields = ({ figures, isMeasured }: LayerReport): object => ({
  tensor: isMeasured ? figures.sqnrTensor : NaN,
  channel: isMeasured ? figures.sqnrChannel : NaN,
  chosen: isMeasured ? figures.sqnrChosen : NaN,
});

/** The batch norm and the activation that alone use a layer's output. */
function behind(layer: Layer, wiring: Wiring): { batchNorm?: string; activation?: string } {
  const [first] = wiring.users(layer.output);
  if (!first || wiring.useCount(layer.output) !== 1 || !isStandard(first)) return {};
  if (first.op !== 'BatchNormalization')
    return isActivation(first.op) ? { activation: first.op } : {};
  const batchNorm = displayName(first);
  const output = first.outputs[0] ?? '';
  const [second] = wiring.users(output);
  const isAlone = wiring.useCount(output) === 1;
  return second && isAlone && isActivation(second.op)
    ? { batchNorm, activation: second.op }
    : { batchNorm };
}

const activations: ReadonlySet<string> = new Set(
  'Relu Clip LeakyRelu PRelu Elu Selu Celu Gelu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Mish ThresholdedRelu Softmax'.split(
    ' ',
  ),
);
const isActivation = (op: string): boolean => activations.has(op);

function findingFields(finding: Finding, names: ReadonlyMap<number, string>): object {
  const layers = finding.layers.flatMap((id) => names.get(id) ?? []);
  const [best] = finding.remedies;
  // Of the weights: what is estimated of outputs is said in `remedies` alone.
  const isMeasured = best?.isMeasured === true && best.of === undefined;
  return {
    code: finding.code,
    severity: finding.severity,
    layer: layers[0] ?? null,
    layers,
    message: `${finding.title}. ${finding.text}`,
    remedy: best ? (best.step ?? best.label) : null,
    gainDb: best && isMeasured ? best.toDb - best.fromDb : null,
    remedies: finding.remedies.map(({ label, step, of, fromDb, toDb, isMeasured: known }) => ({
      label,
      step,
      of,
      ...(known ? { fromDb, toDb } : {}),
    })),
  };
}

/** `--fail-on`: the code of a finding, a severity or graver, `any`, or `sqnr<DB`. */
function failRule(rule: string | undefined): (diagnosis: Diagnosis) => string | undefined {
  if (rule === undefined) return () => undefined;
  const limit = /^sqnr<(-?\d+(?:\.\d+)?)$/.exec(rule)?.[1];
  if (limit !== undefined) {
    return ({ reports, folded }) => {
      const figures = asRounded(reports, folded)
        .filter(({ isMeasured }) => isMeasured)
        .map((report) => ({ value: report.figures.sqnrChosen, layer: report.layer.name }));
      return belowText(figures, Number(limit), 'sqnr');
    };
  }
  const isSeverity = rule === 'any' || severities.includes(rule);
  const codes: readonly string[] = rules.map(({ code }) => code);
  if (isSeverity || codes.includes(rule)) {
    return ({ findings }) =>
      toldText(
        findings.filter((one) => (isSeverity ? isAsGrave(one, rule) : one.code === rule)),
        'finding',
      );
  }
  throw new CommandFault(
    2,
    'usage',
    `--fail-on "${rule}": must be error, warning, info, any, sqnr<DB, or one of ${codes.join(', ')}`,
  );
}
