import type { CanonicalWeight } from './canonicalWeight.ts';

/** A layer's place in its model, and the weight it is looked for by. */
export interface Placed {
  readonly index: number;
  readonly weight: () => CanonicalWeight;
}

/** Up to so many pairs all are looked at. */
const mostAll = 4096;
/** So many neighbours on each side: in the order of the model, and among weights of one signature. */
const sameOrder = 8;
const sameSignature = 4;
/** Output channels that have a signature, signatures of each, and the signs in one. */
const signedRows = 8;
const bands = 2;
const signs = 13;
/** So many elements of a channel are looked at. */
const sampled = 256;

/**
 * Pairs of layers of one shape that are worth comparing, in order: all of few; of many those that
 * share a signature or stand at about the same place of their models, so many for each layer at
 * most. `shares` are the counts of layers of the two models.
 */
export async function likelyPairs(
  first: readonly Placed[],
  second: readonly Placed[],
  shares: readonly [number, number],
  pause: () => Promise<void>,
): Promise<[number, number][]> {
  if (first.length * second.length <= mostAll) {
    return first.flatMap((one) => second.map(({ index }): [number, number] => [one.index, index]));
  }
  const bySignature = new Map<number, number[]>();
  for (const { index, weight } of second) {
    await pause();
    for (const key of signatures(weight())) {
      const known = bySignature.get(key);
      if (known) known.push(index);
      else bySignature.set(key, [index]);
    }
  }
  const inOrder = second.map(({ index }) => index);
  const pairs: [number, number][] = [];
  for (const { index, weight } of first) {
    await pause();
    const place = (index / shares[0]) * shares[1];
    const likely = new Set(around(inOrder, place, sameOrder));
    for (const key of signatures(weight())) {
      for (const at of around(bySignature.get(key) ?? [], place, sameSignature)) likely.add(at);
    }
    for (const at of [...likely].sort((a, b) => a - b)) pairs.push([index, at]);
  }
  return pairs;
}

/** The members of a rising list that are nearest to a place, so many on each side. */
function around(list: readonly number[], place: number, count: number): readonly number[] {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return list.slice(Math.max(0, low - count), low + count);
}

/**
 * Keys that weights are likely to share whose channels point the same way, whatever their factors:
 * on which side of random planes a channel lies (Charikar 2002), the first plane's side counted as
 * positive.
 */
function signatures({ rows, length, values }: CanonicalWeight): number[] {
  const keys: number[] = [];
  const step = Math.max(1, Math.floor(length / sampled));
  const sums = new Float64Array(bands * signs);
  for (let row = 0; row < Math.min(rows, signedRows); row++) {
    sums.fill(0);
    for (let i = 0; i < length; i += step) {
      const value = values[row * length + i] ?? 0;
      const sides = hash(i);
      for (let plane = 0; plane < sums.length; plane++) {
        sums[plane] = (sums[plane] ?? 0) + ((sides >>> plane) & 1 ? value : -value);
      }
    }
    if (sums.every((sum) => sum === 0)) continue;
    for (let band = 0; band < bands; band++) {
      const own = sums.subarray(band * signs, (band + 1) * signs);
      const isTurned = (own[0] ?? 0) < 0;
      let key = row * bands + band;
      for (const sum of own) key = 2 * key + (sum < 0 === isTurned ? 1 : 0);
      keys.push(key);
    }
  }
  return keys;
}

/** 32 bits that look random, the same for the same number. */
function hash(value: number): number {
  let mixed = Math.imul(value + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae3d);
  return mixed ^ (mixed >>> 16);
}
