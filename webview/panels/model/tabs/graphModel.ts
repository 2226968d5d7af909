import type {
  GraphBox,
  GraphLayout,
  GraphView,
  NamedBox,
} from '../../../../server/protocol/graph.ts';
import { markWords } from '../../../../server/protocol/marks.ts';
import type { LayerRow, ModelState } from '../../../../server/protocol/model.ts';
import { fromWire } from '../../../../server/protocol/wire.ts';
import { cutInMiddle } from '../../../kit/cutNames.ts';
import { count, decibels, plural, times } from '../../../kit/numbers.ts';
import type { ShortNames } from '../shortNames.ts';
import { colourings, heatOf, valueText, type GraphColour } from './graphColour.ts';

/** A box with what is drawn in it. */
export interface DrawnBox {
  readonly box: GraphBox;
  readonly row: LayerRow | undefined;
  /** `15.0 dB`; empty: nothing is known. */
  readonly value: string;
  /** 0 to 1. */
  readonly heat: number;
  readonly second: string;
}

/** Who reads and who feeds each box, as positions. */
export interface Neighbours {
  readonly ins: readonly (readonly number[])[];
  readonly outs: readonly (readonly number[])[];
}

/** About as many letters as a line of a box has room for. */
const lineLetters = 24;

/** The second line of a box: its name, and what is merged into it. */
export function secondLine(
  { kind, name, words }: GraphBox,
  view: GraphView,
  names: ShortNames,
): string {
  const merged = kind === 'layer' && view !== 'nodes' ? words || 'linear' : words;
  const short = names.name(name);
  // A line that is too long is cut at its start: here that would be what tells the names apart.
  const room = Math.max(8, lineLetters - merged.length - (merged === '' ? 0 : 3));
  const isCut = short.length > room && names.isToldByStart(name);
  return [isCut ? `${short.slice(0, room - 1)}…` : short, merged].filter(Boolean).join(' · ');
}

/** What a box is called where it is read, as the tables write it; spoken, words are whole. */
export const shortTitle = (title: string): string =>
  title.replace(/^Depthwise T\b/, 'DWT').replace(/^Depthwise\b/, 'DW');

/** Boxes with the figures of their layers. */
export function drawnBoxes(
  layout: GraphLayout,
  rows: readonly LayerRow[],
  colour: GraphColour | undefined,
  names: ShortNames,
): DrawnBox[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return layout.boxes.map((box) => {
    const row = box.layer === undefined ? undefined : byId.get(box.layer);
    const value = row && colour ? colourings[colour].value(row) : NaN;
    return {
      box,
      row,
      value: colour ? valueText(colour, value) : '',
      heat: colour ? heatOf(colour, value) : 0,
      second: secondLine(box, layout.view, names),
    };
  });
}

export function neighboursOf({ boxes, edges }: GraphLayout): Neighbours {
  const ins: number[][] = boxes.map(() => []);
  const outs: number[][] = boxes.map(() => []);
  for (const { from, to } of edges) {
    outs[from]?.push(to);
    ins[to]?.push(from);
  }
  return { ins, outs };
}

export type Direction = 'up' | 'down' | 'left' | 'right';

/** Where an arrow key leads: along an edge, or to the next box of the row. */
export function step(
  { boxes }: GraphLayout,
  { ins, outs }: Neighbours,
  at: number,
  direction: Direction,
): number | undefined {
  const here = boxes[at];
  if (!here) return undefined;
  const nearest = (found: readonly number[]): number | undefined => {
    const far = (i: number): number => Math.abs((boxes[i]?.x ?? 0) - here.x);
    return found.toSorted((a, b) => far(a) - far(b))[0];
  };
  if (direction === 'up') return nearest(ins[at] ?? []);
  if (direction === 'down') return nearest(outs[at] ?? []);
  const sign = direction === 'left' ? -1 : 1;
  const beside = boxes.flatMap(({ x, y }, i) =>
    y === here.y && sign * (x - here.x) > 0 ? [i] : [],
  );
  return nearest(beside);
}

/**
 * Boxes that have every word of the text in their operator, name or what is merged into them,
 * whether they are drawn or not.
 */
export function findBoxes({ boxes, part }: GraphLayout, text: string): readonly NamedBox[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return (part?.all ?? boxes).filter(({ title, name, merged }) => {
    const hay = `${title} ${name} ${merged.join(' ')}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

/** `3 of 25`; what Enter does where none of them is drawn. */
export function foundText(
  text: string,
  found: readonly NamedBox[],
  chosen: number | undefined,
  isAnyDrawn: boolean,
): string {
  if (text.trim() === '') return '';
  if (found.length === 0) return `No node matches “${cutInMiddle(text)}”.`;
  const at = found.findIndex(({ id }) => id === chosen);
  if (at >= 0) return `${count(at + 1)} of ${count(found.length)}`;
  return isAnyDrawn
    ? `${count(found.length)} found`
    : `${count(found.length)} found, not drawn: Enter draws around the first`;
}

/** `Depthwise 3×3, node 401, gap 15.0 decibel, 1 input, 1 output`. */
export function spoken(
  { box, row, value }: DrawnBox,
  colour: GraphColour | undefined,
  ins: number,
  outs: number,
): string {
  const said = value.replace('dB', 'decibel').replace('σ', 'sigma');
  const parts = [
    box.title,
    `node ${box.name}`,
    ...(colour && value !== '' ? [`${colourings[colour].short} ${said}`] : []),
    ...(row && row.mark !== 'fine' ? [markWords[row.mark]] : []),
    plural(ins, 'input'),
    plural(outs, 'output'),
    ...(box.hidden === undefined ? [] : [`${plural(box.hidden, 'neighbour')} not drawn`]),
  ];
  return parts.join(', ');
}

/** Why a layer stands out, in words with its numbers. */
export function reasonOf(row: LayerRow): string {
  if (row.fault !== undefined) return `Not measured: ${row.fault}`;
  if (!row.isMeasured) return 'Not measured yet.';
  const { sqnrTensor, sqnrChannel, spread } = row.now;
  const gap = fromWire(sqnrChannel) - fromWire(sqnrTensor);
  const cost = Number.isFinite(gap)
    ? `One scale costs ${decibels(gap)} dB here: ${decibels(sqnrTensor)} per tensor, ${decibels(sqnrChannel)} per channel.`
    : `Weights: ${decibels(sqnrTensor)} dB per tensor, ${decibels(sqnrChannel)} per channel.`;
  const widest = `Widest of ${plural(row.channels, 'channel')} is ${times(spread)} the median.`;
  return [cost, widest, dataOf(row)].filter(Boolean).join(' ');
}

function dataOf({ data, now }: LayerRow): string {
  if (!data) return now.estimated === undefined ? '' : `Alone about ${decibels(now.estimated)} dB.`;
  const { alone, soFar, biasError } = data.now;
  const parts = [
    alone === undefined ? '' : `alone ${decibels(alone)} dB`,
    `so far ${decibels(soFar)} dB`,
    biasError === undefined ? '' : `bias error ${valueText('bias', biasError)}`,
  ].filter(Boolean);
  const [first = '', ...others] = parts;
  return `${[first.charAt(0).toUpperCase() + first.slice(1), ...others].join(', ')}.`;
}

/** `211 nodes shown as 91`, and what that means. */
export function shownText({
  view,
  boxes,
  boxCount,
  nodeCount,
  part,
}: GraphLayout): readonly [short: string, more: string] {
  if (part)
    return [`${count(boxes.length)} of ${plural(boxCount, 'box', 'boxes')}`, `. ${part.why}`];
  const nodes = boxes.filter(({ kind }) => kind !== 'input').length;
  if (view === 'nodes' || nodes === nodeCount) return [plural(nodeCount, 'node'), ''];
  const meaning = ': batch norms, activations and shape arithmetic in their layer';
  return [`${plural(nodeCount, 'node')} shown as ${count(nodes)}`, meaning];
}

/** What is to be laid out: the same text means the same picture. */
export const wishOf = (
  { uri, revision }: Pick<ModelState, 'uri' | 'revision'>,
  view: GraphView,
  around: number | undefined,
): string => JSON.stringify([uri, revision, view, around]);
