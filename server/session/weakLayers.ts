import { aloneLimitsDb } from '../core/diagnose/marks.ts';
import type { Measured } from './measured.ts';

/** A layer that keeps too little, in dB. */
export interface WeakLayer {
  readonly name: string;
  readonly db: number;
}

/** Layers that rounding hurts, worst first, and the figure that says so. */
export interface WeakLayers {
  /** `alone`: of the outputs with only this layer rounded; `local`: of the layer's own output. */
  readonly figure: 'alone' | 'local';
  readonly weak: readonly WeakLayer[];
}

/** By the figure that the layers are marked by; undefined while neither is measured. */
export function weakLayersOf({
  sensitivity,
  layers,
}: Pick<Measured, 'sensitivity' | 'layers'>): WeakLayers | undefined {
  if (sensitivity) return { figure: 'alone', weak: weakIn(sensitivity, ({ alone }) => alone) };
  if (layers) return { figure: 'local', weak: weakIn(layers, ({ local }) => local) };
  return undefined;
}

const weakIn = <T>(
  figures: Readonly<Record<string, T>>,
  dbOf: (figure: T) => number,
): readonly WeakLayer[] =>
  Object.entries(figures)
    .map(([name, figure]) => ({ name, db: dbOf(figure) }))
    .filter(({ db }) => db < aloneLimitsDb.hurts)
    .sort((a, b) => a.db - b.db);
