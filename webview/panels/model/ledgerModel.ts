import type { LedgerRow } from '../../../server/protocol/model.ts';
import { count, plural } from '../../kit/numbers.ts';
import type { Outcome } from './kept.ts';

/** Outcomes in the order of the ledger, with their words. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  refused: 'Refused',
  available: 'Available',
  'not-needed': 'Not needed',
  done: 'Done',
};
export const outcomes: readonly Outcome[] = ['refused', 'available', 'not-needed', 'done'];

/** The step of the rail that a row belongs to: clearing is done, and counted, as part of equalizing. */
export const railStep = (step: string): string => (step === 'Clear' ? 'Equalize' : step);

/** One line of the grouped ledger. */
export interface LedgerLine {
  readonly key: string;
  /** Of the group: all its rows share outcome, step and reason. */
  readonly row: LedgerRow;
  /** Of the place; of a group that clears channels, how many it has cleared: the rail counts them. */
  readonly channels: string;
  /** Number of places for the line of a group that folds; undefined for a place. */
  readonly places: number | undefined;
  readonly isOpen: boolean;
  /** False for a place under its group: the group's line has said the rest. */
  readonly isHead: boolean;
}

/**
 * Rows of an outcome (or all) in which every word of the text is found. A word that is the name of a
 * step looks at the step alone, with what is part of it.
 */
export function filterLedger(
  rows: readonly LedgerRow[],
  outcome: Outcome | undefined,
  text: string,
): readonly LedgerRow[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0 && outcome === undefined) return rows;
  const steps = new Set(
    rows.flatMap(({ step }) => [step, railStep(step)]).map((step) => step.toLowerCase()),
  );
  return rows.filter((row) => {
    if (outcome !== undefined && row.outcome !== outcome) return false;
    const step = row.step.toLowerCase();
    const hay = `${step} ${row.place} ${row.code} ${row.why} ${row.unblock}`.toLowerCase();
    const own = [step, railStep(row.step).toLowerCase()];
    const has = (word: string): boolean =>
      steps.has(word) ? own.includes(word) : hay.includes(word);
    return wanted.every(has);
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
  if (members.length === 1) return [lineOf(key, first, true)];
  const head: LedgerLine = {
    key,
    row: first,
    channels: clearedIn(members),
    places: members.length,
    isOpen,
    isHead: true,
  };
  const places = members.map((row, i) => lineOf(`${key}\n${i}`, row, false));
  return isOpen ? [head, ...places] : [head];
}

const lineOf = (key: string, row: LedgerRow, isHead: boolean): LedgerLine => ({
  key,
  row,
  channels: row.channels,
  places: undefined,
  isOpen: false,
  isHead,
});

/** Channels that the places of a group clear; empty where several read those of one layer. */
function clearedIn(members: readonly LedgerRow[]): string {
  const makers = new Set(members.map(({ place }) => place.split(' → ')[0]));
  const isClear = members.every(({ step }) => step === 'Clear');
  if (!isClear || makers.size < members.length) return '';
  const sum = members.reduce((all, row) => all + Number(row.channels.replaceAll(',', '')), 0);
  return sum > 0 ? count(sum) : '';
}

/** How many rows have each outcome. */
export function countOutcomes(rows: readonly LedgerRow[]): ReadonlyMap<Outcome, number> {
  const counts = new Map<Outcome, number>();
  for (const row of rows) counts.set(row.outcome, (counts.get(row.outcome) ?? 0) + 1);
  return counts;
}

/** `Equalize, clear`: the step of the rail, and which part of it. */
export const stepInWords = ({ step }: LedgerRow): string =>
  railStep(step) === step ? step : `${railStep(step)}, ${step.toLowerCase()}`;

/** What a screen reader says of a line. */
export function ledgerLabel({ row, places }: LedgerLine): string {
  const where = places === undefined ? row.place : plural(places, 'place');
  return `${outcomeWords[row.outcome]}, ${stepInWords(row)}, ${where}: ${row.why}`;
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
