import type { RepairReport } from '../protocol/data.ts';
import { toWire } from '../protocol/wire.ts';
import type { Change, StepRecord } from '../session/changeLog.ts';
import { groupRepairs } from '../session/repairParts.ts';
import { stepTitle } from './stepTitle.ts';

/** What the last repair tried and kept; undefined where none was made, or a step of it was undone. */
export function repairReportOf(changes: readonly Change[]): RepairReport | undefined {
  const whole = groupRepairs(changes).filter((group) => group.at(-1)?.verdict !== undefined);
  const last = whole.at(-1);
  if (!last) return undefined;
  const records = last.flatMap((change) => change.records);
  return { summary: last.at(-1)?.verdict ?? '', rows: records.map(rowOf) };
}

function rowOf({
  step,
  notKept,
  judged,
  proof,
  applied,
  skipped,
}: StepRecord): RepairReport['rows'][number] {
  const tried = proof && proof.unavailable === undefined ? proof.maxRel : undefined;
  const moved = tried ?? skipped.find((skip) => skip.moved !== undefined)?.moved;
  const isFinite = moved !== undefined && Number.isFinite(moved);
  const isSame = judged === undefined || judged.beforeDb === judged.afterDb;
  const isUntouched = notKept !== undefined && applied.length === 0 && isSame;
  const isIdle = isUntouched && moved === undefined;
  const places = applied.length === 1 ? '1 place.' : `${applied.length} places.`;
  return {
    title: stepTitle[step],
    isKept: notKept === undefined,
    ...(isIdle ? { isIdle } : {}),
    ...(judged && !isUntouched
      ? { beforeDb: toWire(judged.beforeDb), afterDb: toWire(judged.afterDb) }
      : {}),
    ...(isFinite ? { movedBy: moved } : {}),
    text: notKept ?? judged?.text ?? places,
  };
}
