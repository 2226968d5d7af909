import type { Runs } from './runs.ts';

/** Pixels of a box and of the room between boxes. */
export const boxWidth = 172;
export const boxHeight = 34;
export const rowGap = 19;
const columnGap = 13;
/** Graphviz counts in inches. */
const perInch = 72;

/** Height of so many boxes one under the other. */
export const runHeight = (count: number): number => count * (boxHeight + rowGap) - rowGap;

/** An edge between two runs. */
export interface Curve {
  readonly from: number;
  readonly to: number;
  /** Control points, x and y in turn: 1 + 3 for each cubic piece. */
  readonly points: readonly number[];
}

/** Where the library put things: as it says it, in points, y upwards, five digits. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** x and y of the middle of each run. */
  readonly middles: readonly number[];
  readonly curves: readonly Curve[];
}

/** The runs in the language of Graphviz; the same text means the same picture. */
export function toDot({ runs, edges }: Runs): string {
  const inches = (pixels: number): string => (pixels / perInch).toFixed(4);
  const tall = runs.flatMap((run, i) =>
    run.length === 1 ? [] : [`${i}[height=${inches(runHeight(run.length))}]`],
  );
  const isLarge = runs.length > 1000;
  const room = `nodesep=${inches(columnGap)};ranksep=${inches(rowGap)}`;
  const box = `shape=box,fixedsize=true,width=${inches(boxWidth)},height=${inches(boxHeight)},label=""`;
  const statements = [
    // A large graph is bounded in how often it is made better.
    isLarge ? `${room};nslimit=2;nslimit1=2;mclimit=0.3;searchsize=15` : room,
    `edge[arrowhead=none];node[${box}]`,
    ...runs.map((_, i) => i),
    ...tall,
    ...edges.map(([from, to]) => `${from}->${to}`),
  ];
  return `digraph{${statements.join(';')}}`;
}

/** Reads what Graphviz answers in `json0`. */
export function readDrawing(json: string): Drawing {
  const drawn = JSON.parse(json) as {
    readonly bb: string;
    readonly objects?: readonly { readonly name: string; readonly pos: string }[];
    readonly edges?: readonly {
      readonly tail: number;
      readonly head: number;
      readonly pos: string;
    }[];
  };
  const numbers = (text: string): number[] => text.split(/[ ,]/).map(Number);
  const [, , width = 0, height = 0] = numbers(drawn.bb);
  const middles: number[] = [];
  for (const { name, pos } of drawn.objects ?? []) {
    const [x = 0, y = 0] = numbers(pos);
    middles[2 * Number(name)] = x;
    middles[2 * Number(name) + 1] = y;
  }
  const curves = (drawn.edges ?? []).map(({ tail, head, pos }) => ({
    from: Number(drawn.objects?.[tail]?.name),
    to: Number(drawn.objects?.[head]?.name),
    points: numbers(pos),
  }));
  return { width, height, middles, curves };
}
