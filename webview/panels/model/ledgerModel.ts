import type { LedgerRow } from '../../../server/protocol/model.ts';
import { plural } from '../../kit/numbers.ts';
import type { Outcome } from './kept.ts';

/** Outcomes in the order of the ledger, with their words. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  refused: 'Refused',
  available: 'Available',
  'not-needed': 'Not needed',
  done: 'Done',
};
export const outcomes: readonly Outcome[] = ['refused', 'available', 'not-needed', 'done'];

/** One line of the grouped ledger. */
export interface LedgerLine {
  readonly key: string;
  /** Of the group: all its rows share outcome, step and reason. */
  readonly row: LedgerRow;
  /** Number of places for the line of a group that folds; undefined for a place. */
  readonly places: number | undefined;
  readonly isOpen: boolean;
  /** False for a place under its group: the group's line has said the rest. */
  readonly isHead: boolean;
}

/**
 * Rows of an outcome (or all) in which every word of the text is found. `a|b` is found where one of
 * them is; a word that is the name of a step looks at the step alone.
 */
export function filterLedger(
  rows: readonly LedgerRow[],
  outcome: Outcome | undefined,
  text: string,
): readonly LedgerRow[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0 && outcome === undefined) return rows;
  const steps = new Set(rows.map((row) => row.step.toLowerCase()));
  return rows.filter((row) => {
    if (outcome !== undefined && row.outcome !== outcome) return false;
    const step = row.step.toLowerCase();
    const hay = `${step} ${row.place} ${row.code} ${row.why} ${row.unblock}`.toLowerCase();
    const has = (word: string): boolean => (steps.has(word) ? step === word : hay.includes(word));
    return wanted.every((word) => word.split('|').some((either) => either !== '' && has(either)));
  });
}

/**
 * One line a reason with its places under it, refused ones first. The first group is open; `folded`
 * has the groups that the user turned the other way.
 */
export function groupLedger(
  rows: readonly LedgerRow[],
  folded: ReadonlySet<string>,
): readonly LedgerLine[] {
  const groups = new Map<string, LedgerRow[]>();
  for (const row of rows) {
    const key = [row.outcome, row.step, row.code, row.why].join('\n');
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const ordered = [...groups].sort(
    ([, a], [, b]) => outcomes.indexOf(outcomeOf(a)) - outcomes.indexOf(outcomeOf(b)),
  );
  const firstThatFolds = ordered.find(([, members]) => members.length > 1)?.[0];
  return ordered.flatMap(([key, members]) =>
    linesOf(key, members, (key === firstThatFolds) !== folded.has(key)),
  );
}

const outcomeOf = (members: readonly LedgerRow[]): Outcome => members[0]?.outcome ?? 'done';

function linesOf(key: string, members: readonly LedgerRow[], isOpen: boolean): LedgerLine[] {
  const [first] = members;
  if (!first) return [];
  if (members.length === 1)
    return [{ key, row: first, places: undefined, isOpen: false, isHead: true }];
  const head: LedgerLine = { key, row: first, places: members.length, isOpen, isHead: true };
  const places = members.map((row, i): LedgerLine => ({
    key: `${key}\n${i}`,
    row,
    places: undefined,
    isOpen: false,
    isHead: false,
  }));
  return isOpen ? [head, ...places] : [head];
}

/** How many rows have each outcome. */
export function countOutcomes(rows: readonly LedgerRow[]): ReadonlyMap<Outcome, number> {
  const counts = new Map<Outcome, number>();
  for (const row of rows) counts.set(row.outcome, (counts.get(row.outcome) ?? 0) + 1);
  return counts;
}

/** What a screen reader says of a line. */
export function ledgerLabel({ row, places }: LedgerLine): string {
  const where = places === undefined ? row.place : plural(places, 'place');
  return `${outcomeWords[row.outcome]}, ${row.step}, ${where}: ${row.why}`;
}

/** The rows as comma-separated values (RFC 4180), whatever is folded. */
export function ledgerCsv(rows: readonly LedgerRow[]): string {
  const head = ['Outcome', 'Step', 'Place', 'Channels', 'Code', 'Why', 'What would unblock it'];
  const lines = rows.map((row) => [
    outcomeWords[row.outcome],
    row.step,
    row.place,
    row.channels,
    row.code,
    row.why,
    row.unblock,
  ]);
  return [head, ...lines].map((cells) => cells.map(csvCell).join(',')).join('\r\n');
}

const csvCell = (cell: string): string =>
  /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
