import type { LayerRow, Mark } from '../server/protocol/model.ts';
import { fromWire, type WireNumber } from '../server/protocol/wire.ts';

/** The sign of each mark: never colour alone. */
export const glyphs: Readonly<Record<Mark, string>> = { hurts: '▲', watch: '◆', fine: '∘' };

/** A dB figure as everywhere: one decimal, `exact` for no noise at all, `–` for not a number. */
export function formatDb(value: WireNumber): string {
  const db = fromWire(value);
  if (Number.isNaN(db)) return '–';
  if (db === Infinity) return 'exact';
  return db === -Infinity ? 'no signal' : `${db.toFixed(1).replace('-', '−')} dB`;
}

/** Layers worst first: by weight SQNR at the target; those without a number last. */
export function byRank(layers: readonly LayerRow[]): LayerRow[] {
  const rank = ({ fault, isMeasured, now }: LayerRow): number => {
    if (fault !== undefined) return -Infinity;
    const db = isMeasured ? fromWire(now.sqnrChosen) : NaN;
    return Number.isNaN(db) ? Infinity : db;
  };
  return [...layers].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}

/** `37.0 dB, was 6.6`. */
export function describeRow({ fault, isMeasured, now, before }: LayerRow): string {
  if (fault !== undefined) return fault;
  if (!isMeasured) return 'measuring…';
  const figure = formatDb(now.sqnrChosen);
  if (!before) return figure;
  const was = formatDb(before.sqnrChosen).replace(' dB', '');
  return figure === formatDb(before.sqnrChosen) ? figure : `${figure}, was ${was}`;
}

/** The lowest weight SQNR of the measured layers; undefined while there is none. */
export function lowestDb(layers: readonly LayerRow[]): number | undefined {
  const figures = layers
    .filter(({ isMeasured, fault }) => isMeasured && fault === undefined)
    .map(({ now }) => fromWire(now.sqnrChosen))
    .filter((db) => !Number.isNaN(db));
  return figures.length > 0 ? Math.min(...figures) : undefined;
}
