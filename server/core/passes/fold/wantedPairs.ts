import type { Skip } from '../pass.ts';

/** A fold that the user asks for, by the names of the two nodes. */
export interface FoldPair {
  readonly layer: string;
  readonly batchNorm: string;
  readonly direction?: 'backward' | 'forward';
}

/** Tells which pairs are wanted (all where none is listed), and which of the list do not exist. */
export function wantedPairs(pairs: readonly FoldPair[]): {
  has(layer: string, batchNorm: string, direction: 'backward' | 'forward'): boolean;
  notFound(): Skip[];
} {
  const open = new Set(pairs);
  return {
    has(layer, batchNorm, direction) {
      const found = pairs.filter(
        (pair) =>
          pair.layer === layer &&
          pair.batchNorm === batchNorm &&
          (pair.direction === undefined || pair.direction === direction),
      );
      for (const pair of found) open.delete(pair);
      return pairs.length === 0 || found.length > 0;
    },
    notFound: () =>
      [...open].map(({ layer, batchNorm, direction }) => ({
        code: 'unknown-pair',
        place: batchNorm,
        reason: `"${batchNorm}" does not stand right ${direction === 'forward' ? 'before' : direction === 'backward' ? 'behind' : 'beside'} a layer "${layer}".`,
        remedy: 'Choose a layer and a batch norm that are next to each other.',
      })),
  };
}
