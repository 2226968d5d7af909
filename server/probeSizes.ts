import { intAttribute, isStandard, type Graph, type ValueInfo } from './core/graph/graph.ts';
import type { Wiring } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';

/** Sizes for the axes of a network's inputs. */
export interface SizeAssignment {
  sizeOf(input: ValueInfo, axis: number): number;
}

/** Heights and widths that networks are trained with, most usual first. */
const imageSizes = [224, 256, 128, 320, 64, 32, 299, 512, 96, 28];
/** Lengths of sequences, and other free sizes. */
const otherSizes = [16, 128, 1, 512];

/**
 * Sizes to try for the axes that the file leaves free, most likely first; one assignment where
 * nothing is left to guess. The batch is 1; channels are what the first layer takes; what has the
 * same symbol has the same size.
 */
export function assignmentsOf(graph: Graph): SizeAssignment[] {
  const wiring = wiringOf(graph);
  const guesses = graph.inputs.flatMap((input) =>
    (input.shape ?? []).map((_size, axis) => kindOf(input, axis, wiring).kind),
  );
  const rounds = guesses.includes('image')
    ? imageSizes.length
    : guesses.includes('other')
      ? otherSizes.length
      : 1;
  return Array.from({ length: rounds }, (_, round) => {
    const bySymbol = new Map<string, number>();
    for (const input of graph.inputs) {
      for (const [axis, size] of (input.shape ?? []).entries()) {
        if (typeof size !== 'string' || size === '' || bySymbol.has(size)) continue;
        bySymbol.set(size, sizeAt(round, kindOf(input, axis, wiring)));
      }
    }
    return {
      sizeOf: (input, axis) => {
        const stated = input.shape?.[axis];
        if (typeof stated === 'number' && stated > 0) return stated;
        const named = typeof stated === 'string' ? bySymbol.get(stated) : undefined;
        return named ?? sizeAt(round, kindOf(input, axis, wiring));
      },
    };
  });
}

type Guess =
  { readonly kind: 'known'; readonly size: number } | { readonly kind: 'image' | 'other' };

function sizeAt(round: number, guess: Guess): number {
  if (guess.kind === 'known') return guess.size;
  const sizes = guess.kind === 'image' ? imageSizes : otherSizes;
  return sizes[round % sizes.length] ?? 1;
}

function kindOf(input: ValueInfo, axis: number, wiring: Wiring): Guess {
  const shape = input.shape ?? [];
  const size = shape[axis];
  if (typeof size === 'number' && size > 0) return { kind: 'known', size };
  const isBatch = axis === 0 || (typeof size === 'string' && /^(batch|n$)/i.test(size));
  if (isBatch) return { kind: 'known', size: 1 };
  const channels = channelsTaken(input, axis, wiring);
  if (channels !== undefined) return { kind: 'known', size: channels };
  return { kind: shape.length === 4 ? 'image' : 'other' };
}

/** What the first layer takes on this axis, where the input goes into one directly. */
function channelsTaken(input: ValueInfo, axis: number, wiring: Wiring): number | undefined {
  const rank = input.shape?.length ?? 0;
  for (const user of wiring.users(input.name)) {
    if (!isStandard(user) || user.inputs[0] !== input.name) continue;
    const dims = wiring.tensor(user.inputs[1] ?? '')?.dims ?? [];
    if (user.op === 'Conv' && axis === 1) return (dims[1] ?? 1) * intAttribute(user, 'group', 1);
    if (user.op === 'MatMul' && axis === rank - 1) return dims.at(-2);
    if (user.op === 'Gemm' && axis === 1) {
      return intAttribute(user, 'transB', 0) !== 0 ? dims[1] : dims[0];
    }
  }
  return rank === 4 && axis === 1 ? 3 : undefined;
}
