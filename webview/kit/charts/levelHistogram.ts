import { html, svg, type TemplateResult } from 'lit';
import type { LevelHistogram } from '../../../server/protocol/cockpit.ts';
import { minus, percent, range } from '../numbers.ts';
import { linear, log, tickText, type Scale } from '../scales.ts';
import { barsPath, line, px, skylinePath, words } from './pieces.ts';

const left = 44;
const right = 8;
const top = 18;
const bottom = 92;
/** About the width of a letter of the title, the wider of the two beside each other. */
const letterPx = 6.6;

/**
 * Weights in integer levels, so that before and after share the axis and its ends are the clip
 * points. Counts on a log axis that begins below 1, so that a single weight is seen.
 */
export function levelHistogram(
  exact: LevelHistogram,
  exactBefore: LevelHistogram | undefined,
  widthPx: number,
  bits: number,
): TemplateResult {
  const [now, before] = [inBars(exact, widthPx), exactBefore && inBars(exactBefore, widthPx)];
  const most = Math.max(10, ...now.counts, ...(before?.counts ?? []));
  const ends = [
    Math.min(now.low, before?.low ?? now.low),
    Math.max(now.high, before?.high ?? now.high),
  ];
  const x = linear([ends[0] ?? 0, ends[1] ?? 1], [left, widthPx - right]);
  const y = log([0.7, 10 ** Math.ceil(Math.log10(most))], [bottom, top]);
  const was = before ? `, was ${percent(before.zeroShare)}` : '';
  const share = `${percent(now.zeroShare)} round to 0${was}`;
  const title = `Weights on the ${bits}-bit grid`;
  const label = `${title}: ${share}`;
  const room = widthPx - left - right - letterPx * title.length;
  const short = [share, `${percent(now.zeroShare)} to 0${was}`, `${percent(now.zeroShare)} to 0`];
  const shown = short.find((text) => letterPx * (text.length + 1) < room) ?? '';
  return html`<svg
    width=${widthPx}
    height=${bottom + 34}
    role="img"
    data-chart=${title}
    aria-label=${label}
  >
    ${words(left, 11, 'chart-title', title)} ${words(widthPx - right, 11, 'note end', shown)}
    ${countAxis(y, widthPx)} ${bars(now, x, y)} ${before ? skyline(before, x, y) : ''}
    ${line(left, bottom, widthPx - right, bottom, 'axis')} ${levelAxis(x)}
    ${now.steps ? ownGrids(now.step, now.steps) : sharedGrid(now, widthPx)}
  </svg>`;
}

/** Under the axis, with one scale for the tensor: where it clips, and its step. */
const sharedGrid = ({ low, high, step }: LevelHistogram, widthPx: number): TemplateResult =>
  svg`${words(left, bottom + 29, 'note', `clips at ${range(low * step)}`)}
    ${words(px((left + widthPx - right) / 2), bottom + 29, 'note middle', `step ${range(step)}`)}
    ${words(widthPx - right, bottom + 29, 'note end', `clips at ${range(high * step)}`)}`;

/** The same with a scale for each channel: every weight on the grid of its own. */
const ownGrids = (median: number, { min, max }: { min: number; max: number }): TemplateResult =>
  words(
    left,
    bottom + 29,
    'note',
    `each channel on its own grid, step ${range(min)}…${range(max)}, median ${range(median)}`,
  );

/** Bars of 3 pixels at least: neighbouring bins are added up. */
function inBars(h: LevelHistogram, widthPx: number): LevelHistogram {
  const bins = h.counts.length;
  const least = Math.ceil((3 * bins) / (widthPx - left - right));
  let each = least;
  while (bins % each !== 0 && each < 2 * least) each++;
  const counts = Array.from({ length: Math.ceil(bins / each) }, (_, i) =>
    h.counts.slice(i * each, (i + 1) * each).reduce((sum, many) => sum + many, 0),
  );
  return { ...h, counts };
}

/** The band of one bin: `counts` are equal widths over whole levels from `low` to `high`. */
const bandOf = (h: LevelHistogram, x: Scale): number => (x(h.high) - x(h.low)) / h.counts.length;

function bars(h: LevelHistogram, x: Scale, y: Scale): TemplateResult {
  const tops = h.counts.map((many) => (many > 0 ? y(many) : undefined));
  const band = bandOf(h, x);
  return svg`<path d=${barsPath(tops, x(h.low), band, bottom, band > 3 ? 0.75 : 0)} class="now" />`;
}

function skyline(h: LevelHistogram, x: Scale, y: Scale): TemplateResult {
  const tops = h.counts.map((many) => y(Math.max(0.7, many)));
  return svg`<path d=${skylinePath(tops, x(h.low), bandOf(h, x))} class="ghost" />`;
}

/** Every second power of ten from 1 on. */
function countAxis(y: Scale, widthPx: number): TemplateResult[] {
  const ticks = y.ticks.filter((tick) => tick >= 1 && Math.round(Math.log10(tick)) % 2 === 0);
  return ticks.map(
    (tick) =>
      svg`${line(left, px(y(tick)), widthPx - right, px(y(tick)), 'grid')}
        ${words(left - 6, px(y(tick)) + 4, 'tick end', tickText(tick))}`,
  );
}

/** Both ends, the middle and the quarters, as whole levels. */
function levelAxis(x: Scale): TemplateResult[] {
  const [low, high] = x.domain;
  const middle = low < 0 && high > 0 ? 0 : half(low + high);
  const levels = [low, half(low + middle), middle, half(middle + high), high];
  return levels.map((level, i) => {
    const anchor = i === 0 ? '' : i === 4 ? ' end' : ' middle';
    return svg`${line(px(x(level)), bottom, px(x(level)), bottom + 4, 'axis')}
      ${words(px(x(level)), bottom + 15, `tick${anchor}`, minus(String(level)))}`;
  });
}

/** Half of a whole number, ties away from 0, so that both sides of 0 have the same ticks. */
const half = (sum: number): number => Math.sign(sum) * Math.round(Math.abs(sum) / 2);
