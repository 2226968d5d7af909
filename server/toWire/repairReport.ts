import type { RepairReport } from '../protocol/data.ts';
import { toWire } from '../protocol/wire.ts';
import type { Change, StepRecord } from '../session/changeLog.ts';
import { stepTitle } from './stepTitle.ts';

/** What the last repair tried and kept; undefined where none was made. */
export function repairReportOf(changes: readonly Change[]): RepairReport | undefined {
  const last = changes.filter(({ verdict }) => verdict !== undefined).at(-1);
  if (!last) return undefined;
  return { summary: last.verdict ?? '', rows: last.records.map(rowOf) };
}

function rowOf({
  step,
  notKept,
  judged,
  proof,
  applied,
}: StepRecord): RepairReport['rows'][number] {
  const moved = proof && proof.unavailable === undefined ? proof.maxRel : undefined;
  const isFinite = moved !== undefined && Number.isFinite(moved);
  const isSame = judged === undefined || judged.beforeDb === judged.afterDb;
  const isIdle = notKept !== undefined && applied.length === 0 && proof === undefined && isSame;
  const places = applied.length === 1 ? '1 place.' : `${applied.length} places.`;
  return {
    title: stepTitle[step],
    isKept: notKept === undefined,
    ...(isIdle ? { isIdle } : {}),
    ...(judged && !isIdle
      ? { beforeDb: toWire(judged.beforeDb), afterDb: toWire(judged.afterDb) }
      : {}),
    ...(isFinite ? { movedBy: moved } : {}),
    text: notKept ?? judged?.text ?? places,
  };
}
