import type { Skip } from '../core/passes/pass.ts';
import type { RepairReport } from '../protocol/data.ts';
import { toWire } from '../protocol/wire.ts';
import type { Change, StepRecord } from '../session/changeLog.ts';
import { groupRepairs } from '../session/repairParts.ts';
import type { Proof } from '../steps.ts';
import { heldByFormat, heldWords } from './heldByFormat.ts';
import { isNotNeeded } from './reasons.ts';
import { stepTitle } from './stepTitle.ts';

/** What the last repair tried and kept; undefined where none was made, or a step of it was undone. */
export function repairReportOf(changes: readonly Change[]): RepairReport | undefined {
  const whole = groupRepairs(changes).filter((group) => group.at(-1)?.verdict !== undefined);
  const last = whole.at(-1);
  if (!last) return undefined;
  const records = last.flatMap((change) => change.records);
  const of = records.find(({ judged }) => judged !== undefined)?.judged?.of;
  return {
    summary: last.at(-1)?.verdict ?? '',
    ...noteOf(records),
    ...(of === undefined ? {} : { of }),
    rows: records.map(rowOf),
  };
}

function noteOf(records: readonly StepRecord[]): Pick<RepairReport, 'note'> {
  const held = heldByFormat(records);
  return held === 0 ? {} : { note: heldWords(held, 'Save it as ONNX, and repair that file') };
}

type RepairRow = RepairReport['rows'][number];

function rowOf({ step, notKept, judged, proof, applied, skipped }: StepRecord): RepairRow {
  const isSame = judged === undefined || judged.beforeDb === judged.afterDb;
  const isUntouched = notKept !== undefined && applied.length === 0 && isSame;
  return {
    title: stepTitle[step],
    isKept: notKept === undefined,
    ...(isUntouched && !proof ? untouched(skipped) : {}),
    ...(judged && !isUntouched
      ? {
          beforeDb: toWire(judged.beforeDb),
          afterDb: toWire(judged.afterDb),
          ...(judged.isWithCorrection ? { isWithCorrection: true } : {}),
        }
      : {}),
    ...movedFields(proof),
    text:
      notKept ?? judged?.text ?? (applied.length === 1 ? '1 place.' : `${applied.length} places.`),
  };
}

/** How far the float outputs were measured to move. */
export const movedFields = (proof: Proof | undefined): Pick<RepairRow, 'movedBy'> =>
  proof && proof.unavailable === undefined && Number.isFinite(proof.maxRel)
    ? { movedBy: proof.maxRel }
    : {};

/** Of a step that changed nothing: how many places it refused, or that there was nothing to do. */
export function untouched(
  skipped: readonly Skip[],
): Pick<RepairRow, 'isIdle' | 'refused' | 'movedBy'> {
  const refused = skipped.filter(({ code }) => !isNotNeeded(code)).length;
  const moved = skipped.find((skip) => skip.moved !== undefined)?.moved;
  return {
    ...(refused > 0 ? { refused } : { isIdle: true }),
    ...(moved !== undefined && Number.isFinite(moved) ? { movedBy: moved } : {}),
  };
}
