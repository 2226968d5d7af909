import { svg, type TemplateResult } from 'lit';
import { fromWire } from '../../../server/protocol/wire.ts';
import type { LayerFigures } from '../../../server/protocol/model.ts';
import type { Scale } from '../scales.ts';
import { bar, diamond, dot, line, px } from './pieces.ts';

/** The weights' SQNR both ways, joined by what sharing one scale costs; before above it in outline. */
export function weightMarks(
  now: LayerFigures,
  before: LayerFigures | undefined,
  x: Scale,
): TemplateResult {
  const pair = (
    { sqnrTensor, sqnrChannel }: LayerFigures,
    y: number,
    stroke: 'now-line' | 'ghost',
    mark: 'now' | 'ghost-dot',
  ): TemplateResult => {
    const [tensor, channel] = [px(x(fromWire(sqnrTensor))), px(x(fromWire(sqnrChannel)))];
    return svg`${line(tensor, y, channel, y, stroke)}${dot(tensor, y, mark)}${diamond(channel, y, mark)}`;
  };
  return svg`${before ? pair(before, 7, 'ghost', 'ghost-dot') : ''}${pair(now, before ? 17 : 12, 'now-line', 'now')}`;
}

interface Span {
  readonly min: number;
  readonly max: number;
}

/** From the least to the greatest value; before above it in outline. */
export function spanMarks(now: Span, before: Span | undefined, x: Scale): TemplateResult {
  const box = ({ min, max }: Span, y: number, height: number, look: string): TemplateResult =>
    bar(px(x(min)), y, px(x(max) - x(min)), height, look);
  return svg`${before ? box(before, 3.5, 5, 'ghost-box') : ''}${box(now, before ? 12 : 9, 7, 'now')}`;
}
