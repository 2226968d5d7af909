import type { Outline } from './outline.ts';

/** The nearest `limit` boxes to one, whichever way the edges go, in model order. */
export function boxesAround({ boxes, edges }: Outline, centre: number, limit: number): number[] {
  const neighbours = new Map<number, number[]>();
  const note = (from: number, to: number): void => {
    const list = neighbours.get(from);
    if (list) list.push(to);
    else neighbours.set(from, [to]);
  };
  for (const [from, to] of edges) {
    note(from, to);
    note(to, from);
  }
  const found = new Set([Math.min(centre, boxes.length - 1)]);
  for (const at of found) {
    for (const near of neighbours.get(at) ?? []) {
      if (found.size >= limit) return [...found].sort((a, b) => a - b);
      found.add(near);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** A part of an outline, and for each of its boxes how many neighbours are left out. */
export function partOf(
  { boxes, edges }: Outline,
  chosen: readonly number[],
): { readonly outline: Outline; readonly cut: readonly number[] } {
  const at = new Map(chosen.map((box, i) => [box, i]));
  const cut = chosen.map(() => 0);
  const inside: [number, number][] = [];
  for (const [from, to] of edges) {
    const [a, b] = [at.get(from), at.get(to)];
    if (a !== undefined && b !== undefined) inside.push([a, b]);
    else if (a !== undefined) cut[a] = (cut[a] ?? 0) + 1;
    else if (b !== undefined) cut[b] = (cut[b] ?? 0) + 1;
  }
  const part = chosen.flatMap((i) => boxes[i] ?? []);
  return { outline: { boxes: part, edges: inside }, cut };
}
