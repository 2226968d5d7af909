import { t } from './l10n.ts';
import type { LayerDataFigures } from '../server/protocol/data.ts';
import type { LayerRow, Mark } from '../server/protocol/model.ts';
import type { TargetSettings } from '../server/protocol/target.ts';
import { fromWire, type WireNumber } from '../server/protocol/wire.ts';

/** The sign of each mark: never colour alone. */
export const glyphs: Readonly<Record<Mark, string>> = { hurts: '▲', watch: '◆', fine: '∘' };

/** A dB figure as everywhere: one decimal, `exact` for no noise at all, `–` for not a number. */
export function formatDb(value: WireNumber): string {
  const db = fromWire(value);
  if (Number.isNaN(db)) return '–';
  if (db === Infinity) return t('exact');
  return db === -Infinity ? t('no signal') : `${db.toFixed(1).replace('-', '−')} dB`;
}

/**
 * Layers worst first, in the order that their table opens with: by what is left with only the
 * layer quantized where samples were measured, else where that is estimated, else by what one scale
 * for the tensor costs against one a channel, and by weight SQNR at a target that has one a channel. Those that cannot be measured come
 * first, those that are not measured yet last.
 */
export function byRank(
  layers: readonly LayerRow[],
  granularity: TargetSettings['granularity'],
): LayerRow[] {
  const hasData = layers.some(({ data }) => !Number.isNaN(fromWire(ownFigure(data?.now) ?? 'nan')));
  const isEstimated = layers.some(({ now }) => now.estimated !== undefined);
  const rank = ({ fault, isMeasured, now, data }: LayerRow): number => {
    if (fault !== undefined) return -Infinity;
    if (hasData) return orLast(fromWire(ownFigure(data?.now) ?? 'nan'));
    if (!isMeasured) return Infinity;
    if (isEstimated) return orLast(fromWire(now.estimated ?? 'nan'));
    if (granularity === 'channel') return orLast(fromWire(now.sqnrChosen));
    const gap = fromWire(now.sqnrChannel) - fromWire(now.sqnrTensor);
    return Number.isNaN(gap) ? 0 : -gap;
  };
  return [...layers].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}

const orLast = (db: number): number => (Number.isNaN(db) ? Infinity : db);

/** Names without what all share and what was fused, as the table of the page has them. */
export function shortNames(layers: readonly LayerRow[]): ReadonlyMap<number, string> {
  const firsts = layers.map(({ name }) => name.split(';')[0] ?? name);
  const [one = '', ...others] = firsts;
  let same = others.length === 0 ? 0 : one.length;
  for (const other of others) while (!other.startsWith(one.slice(0, same))) same--;
  const shared = same === 0 ? 0 : one.lastIndexOf('/', same - 1) + 1;
  const isTold = new Set(firsts).size === layers.length;
  return new Map(
    layers.map(({ id, name }, i) => [id, ((isTold ? firsts[i] : name) ?? name).slice(shared)]),
  );
}

/** Of the model's outputs with only this layer quantized; unless that was measured, of its own. */
export const ownFigure = (figures: LayerDataFigures | undefined): WireNumber | undefined =>
  figures?.alone ?? figures?.local;

/** `37.0 dB, was 6.6`: with only this layer quantized where samples say or estimates tell, else its weights. */
export function describeRow({ fault, isMeasured, now, before, data }: LayerRow): string {
  if (fault !== undefined) return fault;
  if (!isMeasured) return t('measuring…');
  const own = ownFigure(data?.now);
  if (own !== undefined) return figureText(own, ownFigure(data?.before));
  if (now.estimated === undefined) return figureText(now.sqnrChosen, before?.sqnrChosen);
  return t('about {0}', figureText(now.estimated, before?.estimated));
}

function figureText(now: WireNumber, before: WireNumber | undefined): string {
  const figure = formatDb(now);
  const was = before === undefined ? figure : formatDb(before);
  return figure === was ? figure : t('{0}, was {1}', figure, was.replace(' dB', ''));
}
