import { targetLabel } from '../core/quant/targets.ts';
import type { ModelState } from '../protocol/model.ts';
import { toWire } from '../protocol/wire.ts';
import type { Insight } from '../session/analyst.ts';
import { toApplied } from '../session/changeLog.ts';
import type { Measurement } from '../session/measurer.ts';
import { recordedBefore } from '../session/saveNotes.ts';
import type { Session } from '../session/session.ts';
import { weakLayersOf } from '../session/weakLayers.ts';
import { correctionStateOf, gridIssues } from './correctionState.ts';
import { dataFindings } from './dataFindings.ts';
import { dataStateOf } from './dataState.ts';
import { encodingRowsOf } from './encodings.ts';
import { evaluationOf } from './evaluation.ts';
import { fileLineOf } from './fileLine.ts';
import { fileRecordOf } from './fileRecord.ts';
import { findingRowsOf, findingsByLayer, type CodedRow } from './findings.ts';
import { withData } from './layerData.ts';
import { inputClipped } from './inputFindings.ts';
import { layerRowsOf, unjudged } from './layerRows.ts';
import { ledgerOf } from './ledger.ts';
import { outputRemedies } from './outputRemedies.ts';
import { proofsOf } from './proofs.ts';
import { railOf } from './rail.ts';
import { railTitles } from './railWords.ts';
import { repairReportOf } from './repairReport.ts';
import { equalizedLayers } from '../session/undoLayer.ts';
import { judged, judgedByLayer, scoreOf } from './score.ts';
import { verdictOf } from './verdict.ts';

/** Everything that a model's panel and the side bar draw, of the graph that is shown. */
export function stateOf(session: Session): ModelState {
  const { state, kind, uri, revision, shownGraph, shownRecords } = session;
  const { insight } = session.analyst;
  const encodings = kind === 'quantized' ? encodingRowsOf(shownGraph, state.data?.inputRanges) : [];
  const findings = joinFindings(insight, session.measurer.measurement, encodings);
  const ledger = kind === 'float' ? ledgerOf(insight.layers, shownRecords, insight.forecast) : [];
  const alone = new Set(state.leftAlone);
  const equalized = equalizedLayers(state.applied);
  const rows = layerRowsOf(
    kind === 'float' ? judgedByLayer(insight) : insight,
    state.target,
    findingsByLayer(findings),
    state.document.info.format,
  ).map((row) => ({
    ...row,
    ...(alone.has(row.name) ? { isIgnored: true } : {}),
    ...(equalized.has(row.name) ? { isEqualized: true } : {}),
  }));
  return {
    uri,
    revision,
    file: fileLineOf(state.document, shownGraph),
    siblings: state.document.siblings ?? [],
    kind,
    target: state.target,
    targetLabel: targetLabel(state.target),
    verdict: verdictOf(session),
    ...scoreRowOf(session),
    steps: railOf(session, ledger),
    layers:
      kind === 'quantized'
        ? rows.map(unjudged)
        : rows.map((row) => withData(row, session.measurer.measurement)),
    findings,
    ledger,
    ...proofsOf(shownRecords),
    changes: state.applied.map(toApplied),
    issues: issuesOf(session),
    encodings,
    ...previewOf(session),
    isComplete: insight.isComplete,
    ...measuredOf(session),
  };
}

function measuredOf(
  session: Session,
): Pick<
  ModelState,
  'data' | 'evaluation' | 'measuring' | 'stopped' | 'hasFailed' | 'repair' | 'correction' | 'record'
> {
  const {
    state: { data, document, applied, saved },
    measurer,
  } = session;
  const repair = repairReportOf(session.shownChanges);
  const correction = correctionStateOf(session);
  const record = fileRecordOf(recordedBefore(document, applied, saved));
  const { measurement, progress, stopped, hasFailed } = measurer;
  const evaluation = measurement && evaluationOf(measurement);
  return {
    ...(data ? { data: dataStateOf(data, session.seed, measurement?.now.scores?.float) } : {}),
    ...(evaluation ? { evaluation } : {}),
    ...(progress ? { measuring: progress } : {}),
    ...(stopped === undefined ? {} : { stopped }),
    ...(hasFailed ? { hasFailed } : {}),
    ...(repair ? { repair } : {}),
    ...(correction ? { correction } : {}),
    ...(record ? { record } : {}),
  };
}

/** What weights and samples show; where samples say which layers are weak, the weights do not. */
export function joinFindings(
  { findings, layers }: Pick<Insight, 'findings' | 'layers'>,
  measurement: Measurement | undefined,
  encodings: ModelState['encodings'] = [],
): CodedRow[] {
  const shown = measurement ? dataFindings(measurement, layers) : [];
  const isMarkedByData = measurement !== undefined && weakLayersOf(measurement.now) !== undefined;
  const rest = findings.filter(({ code }) => !isMarkedByData || code !== 'weak-layer');
  const clipped = inputClipped(encodings);
  const rows = [
    ...(clipped ? [clipped] : []),
    ...shown,
    ...findingRowsOf(rest).map((row) => {
      // What the outputs gain says more than what the weights do; what costs nothing needs neither.
      const isToRepair = row.mark !== 'fine';
      const remedies = measurement && isToRepair && outputRemedies(measurement.now, row.code);
      return remedies ? { ...row, remedies } : row;
    }),
  ];
  const rank = { hurts: 0, watch: 1, fine: 2 };
  return rows.sort((a, b) => rank[a.mark] - rank[b.mark]);
}

function scoreRowOf({ kind, analyst }: Session): Pick<ModelState, 'score'> {
  if (kind !== 'float') return {};
  const { now, opened } = judged(analyst.insight);
  const [was, is] = [scoreOf(opened), scoreOf(now)];
  if (!was || !is) return {};
  return {
    score: { opened: toWire(was.lowestDb), now: toWire(is.lowestDb), layer: is.lowestLayer },
  };
}

function issuesOf(session: Session): ModelState['issues'] {
  const { state } = session;
  const warnings = state.warnings.map((message) => ({
    code: 'not-restored',
    severity: 'warning',
    message,
  }));
  return [...state.document.issues, ...warnings, ...gridIssues(session), ...frozenIssues(session)];
}

function frozenIssues({ state: { frozen } }: Session): ModelState['issues'] {
  if (!frozen) return [];
  const message = `The encodings of ${frozen.name} are frozen: what they name is not calibrated.`;
  return [{ code: 'frozen-encodings', severity: 'info', message, where: frozen.name }];
}

function previewOf({ state }: Session): Pick<ModelState, 'preview'> {
  const { preview } = state;
  if (!preview) return {};
  const changed = preview.changes.map(({ step }) => step);
  if (preview.isRepair === true) {
    const [verdict = ''] = preview.notes;
    return {
      preview: { title: 'Preview of Repair', steps: changed, note: verdict, isRepair: true },
    };
  }
  const steps = changed.length > 0 ? changed : preview.requests.map(({ step }) => step);
  const names = steps.map((step) => railTitles[step]);
  const last = names.at(-1) ?? '';
  const title = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last;
  const note = preview.notes.join(' ');
  return {
    preview: { title: `Preview of ${title}`, steps, ...(note === '' ? {} : { note }) },
  };
}
