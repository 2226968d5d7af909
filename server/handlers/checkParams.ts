import type { TargetSettings } from '../protocol/target.ts';
import { Refused } from '../refused.ts';

/** Refuses a target that no grid can be made of. */
export function checkTarget(target: TargetSettings): void {
  const isWidth = (bits: number): boolean => Number.isInteger(bits) && bits >= 2 && bits <= 16;
  const { weightBits, activationBits, granularity, symmetry, exceptions = [] } = target;
  const isFine =
    isWidth(weightBits) &&
    (activationBits === 'float' || isWidth(activationBits)) &&
    ['tensor', 'channel'].includes(granularity) &&
    ['symmetric', 'strict', 'unsigned', 'asymmetric'].includes(symmetry) &&
    exceptions.every(({ weightBits: own }) => own === 'float' || isWidth(own));
  if (isFine) return;
  throw new Refused({
    code: 'bad-target',
    message: `The target W${weightBits} A${activationBits}, per ${granularity}, ${symmetry} is not one that can be simulated.`,
    remedy: 'Widths go from 2 to 16 bits; granularity is tensor or channel.',
  });
}
