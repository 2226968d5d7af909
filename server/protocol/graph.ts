import type { OnModel, Rpc } from './requests.ts';

/** What is drawn: layers with what belongs to them, or every node by itself. */
export type GraphView = 'layers' | 'nodes';

/** One box of the graph. */
export interface GraphBox {
  /** Of its first node; of a graph input −1, −2, ... */
  readonly id: number;
  /** Id of the layer row; absent: it has no weights. */
  readonly layer?: number;
  readonly kind: 'layer' | 'other' | 'input';
  /** `Depthwise 3×3 /2`, `Concat`, `Input`. */
  readonly title: string;
  readonly name: string;
  /** What is merged into it, as it is drawn: `BN · ReLU`; empty: nothing. */
  readonly words: string;
  /** Operator and name of the nodes that are merged into it, at most `mergedLimit`. */
  readonly merged: readonly string[];
  /** How many nodes it stands for. */
  readonly nodes: number;
  /** Middle of the box. */
  readonly x: number;
  readonly y: number;
  /** Neighbours that are not drawn; absent: none. */
  readonly hidden?: number;
}

/** What a box is looked for by, drawn or not. */
export type NamedBox = Pick<GraphBox, 'id' | 'title' | 'name' | 'merged'>;

/** More merged nodes than this are counted and not named. */
export const mergedLimit = 8;

/** From one box to another, as positions in `boxes`. */
export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  /** x and y in turn. */
  readonly points: readonly number[];
}

/** Where everything stands, in pixels at 100 %. */
export interface GraphLayout {
  readonly uri: string;
  readonly revision: number;
  readonly view: GraphView;
  readonly boxes: readonly GraphBox[];
  readonly edges: readonly GraphEdge[];
  readonly width: number;
  readonly height: number;
  readonly boxWidth: number;
  readonly boxHeight: number;
  /** Of the whole graph. */
  readonly nodeCount: number;
  readonly boxCount: number;
  /** Set where only the part around a box is drawn: its id, why, and all boxes that there are. */
  readonly part?: {
    readonly around: number;
    readonly why: string;
    readonly all: readonly NamedBox[];
  };
}

/** Lays the shown graph out; `around` is the id of any node or graph input, for graphs too large to draw whole. */
export const layoutGraph: Rpc<
  OnModel & { readonly view: GraphView; readonly around?: number },
  GraphLayout
> = {
  method: 'rangefinder/graph',
  title: 'Laying out the graph',
};
