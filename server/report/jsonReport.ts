import type { EvaluationState } from '../protocol/data.ts';
import type { FindingRow, LedgerRow, ProofState, Remedy } from '../protocol/model.ts';
import { toWire } from '../protocol/wire.ts';
import { layerFields } from './layersTable.ts';
import type { ReportInput } from './reportInput.ts';

/** Everything that the page says, as data; `schemas/report.schema.json` says what each field is. */
export function jsonReport(input: ReportInput): string {
  const { file, kind, target, targetLabel, layers, ledger, opened, evaluation } = input;
  const names = new Map(layers.map(({ id, name }) => [id, name]));
  const before = new Map(opened?.layers.map(({ id, name }) => [id, name]));
  return jsonText({
    rangefinder: input.version,
    report: 'model',
    // Who reads the table of layers finds it here, as in the table by itself.
    table: 'layers',
    model: file.name,
    madeBy: input.madeBy,
    origin: input.origin,
    file,
    kind,
    isPreview: input.isPreview,
    target,
    targetLabel,
    verdict: input.verdict,
    seed: input.seed,
    settings: input.settings,
    samples: samplesFields(input),
    isStale: evaluation?.isStale,
    evaluation: evaluation && evaluationFields(evaluation),
    findings: {
      opened: opened?.findings.map((row) => findingFields(row, before)),
      now: input.findings.map((row) => findingFields(row, names)),
    },
    changes: input.changes.map(({ label, note }) => ({ label, note })),
    repair: input.repair,
    correction: correctionFields(input),
    proof: { words: input.proofWords, steps: input.proofs.map(proofFields) },
    record: recordFields(input),
    ledger: ledger.map((row) => ledgerFields(row, names)),
    encodings: input.encodings,
    notes: noteFields(input),
    layers: layers.map(layerFields),
  });
}

/** JSON in which numbers that are not finite are `inf`, `-inf` and `nan`. */
export const jsonText = (value: object): string =>
  `${JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'number' ? toWire(item) : item),
    1,
  )}\n`;

/** What was measured on; those fields that the table of layers has are as they are there. */
export const samplesFields = ({
  data,
  indices,
}: Pick<ReportInput, 'data' | 'indices'>): object | undefined =>
  data && {
    label: data.label,
    ...data.counts,
    isSynthetic: data.isSynthetic,
    hasLabels: data.hasLabels,
    preprocessing: data.preprocessing,
    notes: data.notes,
    indices,
  };

/** What was worth saying on the way. */
export const noteFields = ({ issues }: Pick<ReportInput, 'issues'>): object[] =>
  issues.map(({ code, severity, message }) => ({ code, severity, message }));

/** What samples say of the outputs. `isStale` stands beside it, where the table has it. */
const evaluationFields = (evaluation: EvaluationState): object => ({
  ...evaluation,
  isStale: undefined,
});

type Names = ReadonlyMap<number, string>;

const namesOf = (ids: readonly number[], names: Names): string[] =>
  ids.flatMap((id) => names.get(id) ?? []);

const findingFields = (row: FindingRow, names: Names): object => ({
  code: row.code,
  mark: row.mark,
  title: row.title,
  text: row.text,
  layers: namesOf(row.layers, names),
  remedies: row.remedies.map(remedyFields),
});

function remedyFields(remedy: Remedy): object {
  const { label, step, steps, target, fromDb, toDb, isMeasured, note, of, top1 } = remedy;
  return {
    label,
    steps: steps ?? (step === undefined ? undefined : [step]),
    target,
    isMeasured,
    ...(isMeasured ? { of: of ?? 'weights', fromDb, toDb, top1 } : { note }),
  };
}

/** The grid that corrected biases are made for. */
function correctionFields({ correction }: ReportInput): object | undefined {
  if (!correction) return undefined;
  const { grid, layers, differs, words } = correction;
  return { grid, layers, differs, words };
}

/** What the file says was done to it before: nothing of it was measured for the report. */
const recordFields = ({ record }: ReportInput): object | undefined =>
  record && {
    words: record.words,
    changes: record.changes.map(({ label, version, target, samples }) => ({
      label,
      version,
      target,
      samples,
    })),
    repair: record.repair,
    proof: { words: record.proofWords, steps: record.proofs.map(proofFields) },
  };

/** The action of a row is a button of the editor, and nothing that a report could do. */
function ledgerFields(row: LedgerRow, names: Names): object {
  const { outcome, step, place, layers, channels, code, why, detail, unblock } = row;
  const count = channels === '' ? undefined : channels;
  const way = unblock === '' ? undefined : unblock;
  const of = namesOf(layers, names);
  return { outcome, step, place, layers: of, channels: count, code, why, detail, unblock: way };
}

const proofFields = (proof: ProofState): object => ({
  step: proof.step,
  verdict: verdictOf(proof),
  rolledBack: proof.rolledBack,
  unavailable: proof.unavailable,
  note: proof.note,
  ...(proof.unavailable === undefined
    ? {
        maxAbs: proof.maxAbs,
        maxRel: proof.maxRel,
        tolerance: proof.tolerance,
        probes: proof.samples,
        source: proof.source,
        activeChannels: proof.activeChannels,
        changedChannels: proof.changedChannels,
        values: proof.values,
        float32: proof.float32,
      }
    : {}),
});

/** What the proof came to, by a word that stays the same. */
function verdictOf({ unavailable, rolledBack, exercised, exact, note }: ProofState): string {
  if (unavailable !== undefined) return 'not-proved';
  if (rolledBack !== undefined) return 'rolled-back';
  if (!exercised) return 'not-exercised';
  if (exact) return 'exact';
  return note === undefined ? 'moved' : 'made-for-grid';
}
