import { SeededRandom } from '../core/random.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { DataFault, DataIssue } from './samples.ts';

/** What samples are used for. */
export type Purpose = 'calibration' | 'correction' | 'judge';

/** Samples from `from` on, `until` not included. */
export interface SampleRange {
  readonly from: number;
  readonly until: number;
}

/** What is to be split, and how the user wants it. */
export interface SplitRequest {
  readonly count: number;
  readonly labels?: Int32Array;
  /** Purposes of the caller, in any order. */
  readonly purposes: readonly Purpose[];
  readonly calibration?: SampleRange;
  readonly correction?: SampleRange;
  readonly judge?: SampleRange;
  readonly seed: number;
  /** Samples that the model takes at a time: they stay together. Default: 1. */
  readonly fixedBatch?: number | undefined;
}

/** Indices of each purpose in rising order; empty for purposes that were not asked for. */
export interface Split {
  readonly indices: Readonly<Record<Purpose, readonly number[]>>;
  readonly issues: readonly DataIssue[];
}

/** Shares of a split into several purposes (command-line.md): 1/4, 1/4, 1/2. */
const shares: Readonly<Record<Purpose, number>> = { calibration: 1, correction: 1, judge: 2 };
const order: readonly Purpose[] = ['calibration', 'correction', 'judge'];

/**
 * Which samples serve which purpose. Ranges that are given hold; what they leave is shared among
 * the other purposes by a seeded shuffle, stratified by label. One purpose alone takes all. What is
 * judged on serves nothing else.
 */
export function splitSamples(request: SplitRequest): Result<Split, DataFault> {
  const { count, purposes } = request;
  const issues: DataIssue[] = [];
  for (const purpose of order) {
    const range = request[purpose];
    const problem = range && faultOfRange(purpose, range, count);
    if (problem) return err(problem);
  }
  for (const [one, other] of [
    ['calibration', 'judge'],
    ['correction', 'judge'],
    ['calibration', 'correction'],
  ] as const) {
    const shared = overlap(request[one], request[other]);
    if (shared === undefined) continue;
    const text = `The samples ${shared.from}..${shared.until} serve both --${one} and --${other}`;
    if (other === 'judge') {
      const message = `${text}: what is judged on must not have been used before.`;
      return err({ code: 'overlap', message, where: other, remedy: 'Give ranges apart.' });
    }
    // With float activations, say, nothing calibrates.
    if (!purposes.includes(one) || !purposes.includes(other)) continue;
    const message = `${text}: the corrections are fitted to what they are measured against.`;
    issues.push({ code: 'overlap', severity: 'warning', message, where: other });
  }
  const indices: Record<Purpose, readonly number[]> = {
    calibration: [],
    correction: [],
    judge: [],
  };
  const taken = new Set<number>();
  for (const purpose of order) {
    const range = request[purpose];
    if (!range || !purposes.includes(purpose)) continue;
    indices[purpose] = upTo(range);
    for (const index of indices[purpose]) taken.add(index);
  }
  const open = order.filter((purpose) => purposes.includes(purpose) && !request[purpose]);
  const free = upTo({ from: 0, until: count }).filter((index) => !taken.has(index));
  const groups = groupsOf(free, open.length > 1 ? (request.fixedBatch ?? 1) : 1);
  Object.assign(indices, shareOut(groups, open, request));
  const dealt = groups.reduce((sum, group) => sum + group.length, 0);
  if (open.length > 0 && dealt < free.length) issues.push(leftOver(free.length - dealt, request));
  for (const purpose of order.filter((each) => purposes.includes(each))) {
    if (indices[purpose].length > 0) continue;
    const { fixedBatch = 1 } = request;
    const together = fixedBatch > 1 ? `: the model takes ${fixedBatch} at a time` : '';
    const message = `No sample of ${count} is left for --${purpose}${together}.`;
    const remedy = 'Give more samples, or ranges that leave some.';
    return err({ code: 'too-few-samples', message, where: purpose, remedy });
  }
  return ok({ indices, issues });
}

/** `A..B`, B not included; undefined where it is no such range. */
export function parseRange(text: string): SampleRange | undefined {
  const match = /^(\d{1,12})\.\.(\d{1,12})$/.exec(text);
  return match ? { from: Number(match[1]), until: Number(match[2]) } : undefined;
}

function faultOfRange(purpose: Purpose, range: SampleRange, count: number): DataFault | undefined {
  const { from, until } = range;
  const text = `--${purpose} ${from}..${until}`;
  if (until <= from) {
    const message = `${text} has no samples: it goes from the first number to before the second.`;
    return { code: 'bad-range', message, where: purpose };
  }
  if (until <= count) return undefined;
  const message = `${text} ends after the last sample: there are ${count}, 0..${count}.`;
  return { code: 'bad-range', message, where: purpose, remedy: `Give a range within 0..${count}.` };
}

function overlap(
  one: SampleRange | undefined,
  other: SampleRange | undefined,
): SampleRange | undefined {
  if (!one || !other) return undefined;
  const from = Math.max(one.from, other.from);
  const until = Math.min(one.until, other.until);
  return from < until ? { from, until } : undefined;
}

/**
 * Shares groups of samples among purposes, each of the class of its first. Each class is shuffled by itself, and one class after the other is
 * dealt out round and round: every class is in every part in proportion, and the parts have the
 * sizes of the shares whatever the classes.
 */
function shareOut(
  groups: readonly (readonly number[])[],
  open: readonly Purpose[],
  { labels, seed }: SplitRequest,
): Partial<Record<Purpose, readonly number[]>> {
  const [only, ...more] = open;
  if (only === undefined) return {};
  if (more.length === 0) return { [only]: groups.flat() };
  const random = new SeededRandom(seed);
  const classes = new Map<number, (readonly number[])[]>();
  for (const group of groups) {
    const label = labels?.[group[0] ?? 0] ?? 0;
    const members = classes.get(label);
    if (members) members.push(group);
    else classes.set(label, [group]);
  }
  const cycle = open.flatMap((purpose) => new Array<Purpose>(shares[purpose]).fill(purpose));
  const names = shuffled(
    [...classes.keys()].sort((a, b) => a - b),
    random,
  );
  const queue = names.flatMap((name) => shuffled(classes.get(name) ?? [], random));
  const parts: Partial<Record<Purpose, number[]>> = {};
  for (const [at, group] of queue.entries()) {
    const purpose = cycle[at % cycle.length] ?? only;
    (parts[purpose] ??= []).push(...group);
  }
  for (const part of Object.values(parts)) part.sort((a, b) => a - b);
  return parts;
}

/** Whole groups of samples one after the other; what is left over makes none. */
function groupsOf(free: readonly number[], size: number): number[][] {
  const groups: number[][] = [];
  let group: number[] = [];
  for (const index of free) {
    if (group.length > 0 && group.at(-1) !== index - 1) group = [];
    group.push(index);
    if (group.length < size) continue;
    groups.push(group);
    group = [];
  }
  return groups;
}

function leftOver(left: number, { fixedBatch = 1 }: SplitRequest): DataIssue {
  const message = `The model takes ${fixedBatch} samples at a time: ${left === 1 ? 'one sample makes' : `${left} samples make`} no full run, and ${left === 1 ? 'serves' : 'serve'} nothing.`;
  return { code: 'partial-run', severity: 'warning', message };
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const out = [...items];
  for (let at = out.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [out[at], out[other]] = [out[other] as T, out[at] as T];
  }
  return out;
}

const upTo = ({ from, until }: SampleRange): number[] =>
  Array.from({ length: until - from }, (_, i) => from + i);
