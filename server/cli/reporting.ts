import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { notedChanges } from '../changeNotes.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { isQuantizedModel } from '../core/quant/quantizedModel.ts';
import { targetLabel } from '../core/quant/targets.ts';
import { reportLayers, type LayerReport } from '../core/reports/weightReport.ts';
import type { Graph, NodeId } from '../core/graph/graph.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import { preprocessingText } from '../data/preprocessing.ts';
import {
  asRounded,
  diagnoseModel,
  reportedLayers,
  reportFolded,
  type Diagnosis,
} from '../diagnoseModel.ts';
import type { DataState, EvaluationState, RepairReport } from '../protocol/data.ts';
import type { LayerRow } from '../protocol/model.ts';
import type { ContenderScores, Evaluation } from '../quantize/evaluate.ts';
import { openedFindings, toNamed } from '../report/openedFindings.ts';
import type { OpenedFindings, ReportInput } from '../report/reportInput.ts';
import type { StepRecord } from '../session/changeLog.ts';
import { foldedOf, forecastSteps } from '../session/forecast.ts';
import type { Measured, MeasuredScores } from '../session/measured.ts';
import { dataLabel } from '../session/sessionData.ts';
import { SpillFile } from '../session/spill.ts';
import { encodingRowsOf } from '../toWire/encodings.ts';
import { evaluationOf } from '../toWire/evaluation.ts';
import { fileLineOf } from '../toWire/fileLine.ts';
import { fileRecordOf } from '../toWire/fileRecord.ts';
import { findingRowsOf, findingsByLayer } from '../toWire/findings.ts';
import { withData } from '../toWire/layerData.ts';
import { layerRowsOf, unjudged } from '../toWire/layerRows.ts';
import { ledgerOf } from '../toWire/ledger.ts';
import { proofsOf } from '../toWire/proofs.ts';
import { judgedByLayer } from '../toWire/score.ts';
import { version } from '../version.ts';
import { commandText } from './commandText.ts';
import type { PlaceSamples } from './samples.ts';
import { counted, decibels, judgedText, percent } from './text.ts';
import type { Workplace } from './workplace.ts';

/** What a verb adds to a report: what it did to the model, and what it found on samples. */
export interface VerbReport {
  /** As it is in the end. */
  readonly graph: Graph;
  /** As it was; absent: nothing was changed. */
  readonly before?: Graph;
  readonly records?: readonly StepRecord[];
  readonly changes?: ReportInput['changes'];
  readonly verdict: string;
  readonly repair?: RepairReport;
  /** The biases that the model has in the end are made for a grid. */
  readonly correction?: CorrectionNote;
  /** What samples said of it, before and in the end. */
  readonly opened?: Measured;
  readonly now?: Measured;
  readonly data?: PlaceSamples;
}

/** Whether `--report` or `--charts` was given. */
export const hasReport = (place: Workplace): boolean =>
  place.reportFile() !== undefined || place.chartsFolder() !== undefined;

/** What `--report` and `--charts` write when the command is done; nothing where neither was asked for. */
export async function reportOf(
  place: Workplace,
  verb: () => VerbReport | Promise<VerbReport>,
): Promise<ReportInput | undefined> {
  if (!hasReport(place)) return undefined;
  const { document, settings, job } = place;
  if (!document) throw new Error('no model is open');
  const {
    graph,
    before,
    records = [],
    changes = [],
    verdict,
    repair,
    correction,
    data,
    ...found
  } = await verb();
  const target = settings.target();
  const isQuantized = isQuantizedModel(graph);
  const spill = new SpillFile(tmpdir(), `rangefinder-report-${process.pid}.spill`);
  place.onClose(() => spill.dispose());
  const forecast = isQuantized ? undefined : await forecastSteps(graph, spill, job);
  const diagnosis = await diagnoseModel(graph, target, forecast, job);
  const { reports, findings } = diagnosis;
  const now = new Map(reports.map((report) => [report.layer.node.id, report]));
  const layers = reports.map(({ layer }) => layer);
  const insight = judgedByLayer({
    layers,
    now,
    before: await reportsBefore(place, before, now),
    folded: {
      now: diagnosis.folded,
      opened: before
        ? await reportFolded(await foldedOf(before, spill, job), target, job)
        : diagnosis.folded,
      isNeeded: diagnosis.counts.foldable > 0,
    },
  });
  const findingRows = findingRowsOf(findings);
  const byLayer = findingsByLayer(findingRows);
  const rows = layerRowsOf(insight, target, byLayer, document.info.format);
  const record = fileRecordOf(notedChanges(document));
  return {
    file: fileLineOf(document, graph),
    kind: isQuantized ? 'quantized' : layers.length === 0 ? 'no-layers' : 'float',
    target,
    targetLabel: targetLabel(target),
    layers: isQuantized ? rows.map(unjudged) : rows,
    findings: findingRows,
    ledger: isQuantized ? [] : ledgerOf(layersOf(graph, wiringOf(graph)), records, forecast),
    ...proofsOf(records),
    ...(before && changes.length > 0 ? { opened: await openedParts(place, before, spill) } : {}),
    ...(correction ? { correction: correctionWords(document.path, correction) } : {}),
    encodings: isQuantized ? encodingRowsOf(graph) : [],
    issues: [],
    verdict,
    madeBy: `rangefinder ${place.given.verb}`,
    version,
    changes,
    isPreview: false,
    seed: seedOf(place),
    ...(data ? { indices: data.indices } : {}),
    settings: settingsOf(place),
    ...(repair ? { repair } : {}),
    ...(record ? { record } : {}),
    ...(data ? dataParts(place, data, found, rows) : {}),
  };
}

/** What was wrong before anything was done. */
async function openedParts(
  { settings, job }: Workplace,
  before: Graph,
  spill: SpillFile,
): Promise<OpenedFindings> {
  const forecast = await forecastSteps(before, spill, job);
  const { findings, layers } = await openedFindings(before, settings.target(), forecast, job);
  return { findings: findingRowsOf(findings), layers: layers.map(toNamed) };
}

/** What is to be known of a file whose biases are made for a grid. */
const correctionWords = (
  path: string,
  { target, former }: CorrectionNote,
): NonNullable<ReportInput['correction']> => {
  const grid = targetLabel(target);
  const words = `The biases of ${counted(former.length, 'layer')} of ${basename(path)} are made for ${grid}: saved so, it is no longer the float model. correct --remove brings the old ones back.`;
  return { grid, layers: former.length, words };
};

/** Layers as they were, where their weight is another one by now. */
async function reportsBefore(
  { settings, job }: Workplace,
  before: Graph | undefined,
  now: ReadonlyMap<NodeId, LayerReport>,
): Promise<Map<NodeId, LayerReport>> {
  if (!before) return new Map();
  const reports = await reportLayers(reportedLayers(before), settings.target(), job);
  return new Map(
    reports
      .filter(({ layer }) => now.get(layer.node.id)?.layer.weight !== layer.weight)
      .map((report) => [report.layer.node.id, report]),
  );
}

/** The samples, what they say of the outputs, and the rows with what they say of the layers. */
function dataParts(
  place: Workplace,
  data: PlaceSamples,
  { opened, now }: Pick<VerbReport, 'opened' | 'now'>,
  rows: readonly LayerRow[],
): Partial<ReportInput> {
  const isSynthetic = data.samples.source.startsWith('synthetic');
  const measurement = now && {
    opened: opened ?? now,
    now,
    data: { samples: data.samples, isSynthetic, isShared: false },
    target: place.settings.target(),
    isStale: false,
  };
  const evaluation = measurement && evaluationOf(measurement);
  const hasOne = evaluation && (opened === undefined || opened === now);
  return {
    data: dataStateOf(data, isSynthetic),
    layers: rows.map((row) => withData(row, measurement)),
    ...(evaluation ? { evaluation: hasOne ? oneState(evaluation) : evaluation } : {}),
  };
}

/** Without a change there is one quantized state, not two. */
function oneState(evaluation: EvaluationState): EvaluationState {
  const rows = evaluation.rows.flatMap((row) =>
    row.state === 'opened' ? [] : [row.state === 'now' ? { ...row, title: 'Quantized' } : row],
  );
  return { ...evaluation, rows };
}

function dataStateOf({ samples, indices }: PlaceSamples, isSynthetic: boolean): DataState {
  const { preprocessing } = samples;
  const isGuess = samples.issues?.some(({ code }) => code === 'guessed-preprocessing') ?? false;
  return {
    label: dataLabel({ samples, indices, isShared: false }),
    isSynthetic,
    hasLabels: samples.labels !== undefined,
    counts: {
      calibration: indices.calibration.length,
      correction: indices.correction.length,
      judge: indices.judge.length,
    },
    ...(preprocessing
      ? { preprocessing: { words: preprocessingText(preprocessing), isGuess } }
      : {}),
    notes: [],
  };
}

/** What was asked for, and with what: for who does it again. */
export const settingsOf = ({ given }: Workplace): ReportInput['settings'] => [
  { name: 'Command', value: commandText(given) },
  { name: 'Node', value: process.version },
];

/** Of all that is drawn by chance. */
export const seedOf = ({ settings }: Workplace): number =>
  settings.integer('seed', 0, 2 ** 31 - 1, 1);

/** How the weights alone fare as they will be rounded, in a sentence. */
export function weightVerdict({ reports, folded, counts }: Diagnosis): string {
  const sound = asRounded(reports, folded).filter(
    ({ isMeasured, fault }) => isMeasured && fault === undefined,
  );
  const [worst] = [...sound].sort((a, b) => a.figures.sqnrChosen - b.figures.sqnrChosen);
  if (!worst) return 'No layer has weights that can be measured.';
  const { layer, figures } = worst;
  const how = counts.foldable > 0 ? ', batch norms folded' : '';
  return `Weights only${how}: the lowest of ${counted(sound.length, 'layer')} keeps ${decibels(figures.sqnrChosen)} (${layer.name}).`;
}

/** What judging one network found, as the editor keeps it. */
export const measuredScores = (
  { float, count, failures }: Evaluation,
  quantized: ContenderScores,
): MeasuredScores => ({
  quantized,
  samples: count,
  failures,
  ...(float.accuracy ? { float: float.accuracy } : {}),
});

/** What quantizing costs the outputs, in a sentence or two. */
export function outputVerdict({ float, count }: Evaluation, quantized: ContenderScores): string {
  const { accuracy, agreement } = quantized;
  const samples = counted(count, 'sample');
  const output = `${judgedText(quantized)}.`;
  if (float.accuracy && accuracy) {
    return `Top-1 on ${samples}: float ${percent(float.accuracy.top1)}, quantized ${percent(accuracy.top1)}. ${output}`;
  }
  const same = agreement === undefined ? '' : ` The answer of float on ${percent(agreement)}.`;
  return `On ${samples}: ${output}${same}`;
}
