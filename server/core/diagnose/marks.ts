import type { Target } from '../quant/targets.ts';
import type { GridFigures } from '../reports/gridFigures.ts';
import type { LayerReport } from '../reports/weightReport.ts';
import type { Mark } from './finding.ts';

/** What a layer may lose by sharing one scale, in dB (panels.md, section 4: without data). */
export const gapLimitsDb = { hurts: 15, watch: 10 } as const;

/** The least SQNR that a layer should keep, in dB (panels.md, section 4: alone). */
export const keptLimitDb = 20;

/** What the outputs should keep with only one layer rounded, in dB (panels.md, section 4). */
export const aloneLimitsDb = { hurts: keptLimitDb, watch: 28 } as const;

/** What one scale for the tensor costs a layer, in dB; 0 where both are exact. */
export function gapOf({ sqnrTensor, sqnrChannel }: GridFigures): number {
  const gap = sqnrChannel - sqnrTensor;
  return Number.isNaN(gap) ? 0 : gap;
}

/** By what it keeps alone, estimated or measured. */
export function markOfKept(db: number): Mark {
  if (db < aloneLimitsDb.hurts) return 'hurts';
  return db < aloneLimitsDb.watch ? 'watch' : 'fine';
}

/** How a layer fares on a target, by its weights alone. */
export function markOf(report: LayerReport, target: Target): Mark {
  if (report.fault !== undefined) return 'hurts';
  if (!report.isMeasured) return 'fine';
  const { estimated } = report.figures;
  if (estimated !== undefined) return markOfKept(estimated);
  if (report.figures.sqnrChosen < keptLimitDb) return 'hurts';
  const gap = target.granularity === 'tensor' ? gapOf(report.figures) : 0;
  if (gap > gapLimitsDb.hurts) return 'hurts';
  const isLow = report.figures.sqnrChosen < aloneLimitsDb.watch;
  return isLow || gap > gapLimitsDb.watch ? 'watch' : 'fine';
}
