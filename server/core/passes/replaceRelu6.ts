import { clipBounds } from '../graph/activations.ts';
import { isBatchNorm } from '../graph/affine.ts';
import { GraphDraft } from '../graph/draft.ts';
import { displayName, isStandard, type Node } from '../graph/graph.ts';
import { inferShapes } from '../graph/shapes.ts';
import { wayBack, type View } from './fold/way.ts';
import type { Correspondence, GraphPass, Skip } from './pass.ts';

/** Which bounds to take away. */
export interface Relu6Options {
  readonly mode: 'relu';
  /** Names of layers, or of the activations behind them; all where empty. */
  readonly layers: readonly string[];
}

/** One activation that lost its upper bound. */
export interface Relu6Applied {
  readonly activation: string;
  readonly bound: number;
}

/**
 * Takes the upper bound from the activations behind layers, so that scaling can pass.
 *
 *   before  layer -> Clip(0, c)   (ReLU6: c = 6)
 *   after   layer -> Relu
 *
 * Not exact: whatever was above the bound changes. Every Clip with a lower bound of 0 behind a
 * layer counts, whatever its upper bound (AIMET's reading of section 2 never looks at it).
 */
export const replaceRelu6: GraphPass<Relu6Options, Relu6Applied> = {
  id: 'replaceRelu6',
  title: 'Replace ReLU6 by ReLU',
  defaults: { mode: 'relu', layers: [] },
  async run(graph, options, job) {
    const draft = new GraphDraft(graph);
    const view: View = { wiring: draft, shapes: inferShapes(graph), opset: 0 };
    const applied: Relu6Applied[] = [];
    const skipped: Skip[] = [];
    const correspondences: Correspondence[] = [];
    for (const [done, node] of graph.nodes.entries()) {
      if (node.op !== 'Clip' || !isStandard(node)) continue;
      const activation = displayName(node);
      await job.checkpoint(done, graph.nodes.length, activation);
      const layer = layerBefore(node.inputs[0] ?? '', view);
      if (!isWanted(options.layers, activation, layer)) continue;
      const bounds = clipBounds(node, draft);
      const why = whyNot(activation, layer, bounds);
      if (why) skipped.push({ ...why, place: activation, node: node.id });
      else if (bounds && bounds.hi < Infinity) {
        unbound(draft, node);
        applied.push({ activation, bound: bounds.hi });
        const [output = ''] = node.outputs;
        correspondences.push({ before: output, after: output });
      }
    }
    const isExact = applied.length === 0;
    return { graph: draft.close(), edits: draft.edits, applied, skipped, isExact, correspondences };
  },
};

/** The layer that makes a value, also through a batch norm that is not folded yet. */
function layerBefore(value: string, view: View): string | undefined {
  const maker = view.wiring.maker(value);
  const source = maker && isBatchNorm(maker) ? (maker.inputs[0] ?? '') : value;
  const way = wayBack(source, view);
  return way && displayName(way.node);
}

const isWanted = (names: readonly string[], activation: string, layer?: string): boolean =>
  names.length === 0 ||
  names.includes(activation) ||
  (layer !== undefined && names.includes(layer));

function whyNot(
  name: string,
  layer: string | undefined,
  bounds: { readonly lo: number; readonly hi: number } | undefined,
): { code: string; reason: string } | undefined {
  if (!bounds) {
    return { code: 'dynamic-bounds', reason: `The bounds of "${name}" are computed at run time.` };
  }
  if (bounds.hi === Infinity) return undefined;
  if (bounds.lo !== 0 || bounds.hi <= 0) {
    return {
      code: 'not-relu6',
      reason: `"${name}" clips to ${bounds.lo} .. ${bounds.hi}: without its upper bound it is no ReLU.`,
    };
  }
  if (layer === undefined) {
    return { code: 'no-layer', reason: `"${name}" does not stand right behind a layer.` };
  }
  return undefined;
}

/** Makes a Clip a Relu; its bounds go, where nobody else uses them. */
function unbound(draft: GraphDraft, node: Node): void {
  const [input = '', ...bounds] = node.inputs;
  draft.setNode({ ...node, op: 'Relu', inputs: [input], attributes: new Map() });
  for (const name of new Set(bounds)) draft.removeUnused(name);
}
