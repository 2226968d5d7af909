import { affineChain, isArithmetic, type Affine } from '../../graph/affine.ts';
import type { Node } from '../../graph/graph.ts';
import { rankOf } from '../../graph/layerFacts.ts';
import type { Folding } from './folding.ts';
import { matMulOfBias, wayBack, wayOn } from './way.ts';

/** The per-channel arithmetic that begins at `head`, right behind a layer. */
export function chainBehind(into: Folding, head: Node): Affine | undefined {
  for (const input of head.inputs) {
    const layer = wayBack(input, into)?.layer;
    const rank = layer && rankOf(layer, into.shapes);
    if (!layer || rank === undefined || layer.biasAdd === head.id) continue;
    const axis = layer.kind === 'matMul' ? rank - 1 : 1;
    const chain = affineChain(head, { rank, axis, channels: layer.outChannels }, into.wiring);
    if (chain?.input === input) return chain;
  }
  return undefined;
}

/** The per-channel arithmetic that ends at `last`, right before a layer. */
export function chainBefore(into: Folding, last: Node): Affine | undefined {
  const [output = ''] = last.outputs;
  const way = wayOn(output, into);
  const shape = into.shapes.get(output);
  if (!way?.layer || !shape) return undefined;
  const axis = way.layer.kind === 'matMul' && way.values.length === 1 ? shape.length - 1 : 1;
  const channels = shape[axis];
  if (typeof channels !== 'number') return undefined;
  for (const head of headsOf(into, last)) {
    const chain = affineChain(head, { rank: shape.length, axis, channels }, into.wiring);
    const isWhole = chain?.output === output;
    // A constant may have broadcast one channel to many: then the input has fewer.
    if (isWhole && into.shapes.get(chain.input)?.[axis] === channels) return chain;
  }
  return undefined;
}

/**
 * Nodes from which arithmetic may lead to `last`, farthest first. The bias of a layer is none of
 * them: it belongs to that layer.
 */
function headsOf(into: Folding, last: Node): Node[] {
  const isBias = (node: Node): boolean => matMulOfBias(node, into.wiring) !== undefined;
  if (isBias(last)) return [];
  const heads = [last];
  let first = last;
  for (;;) {
    const value = first.inputs.find((name) => into.wiring.tensor(name) === undefined) ?? '';
    const maker = into.wiring.maker(value);
    if (!maker || !isArithmetic(maker) || isBias(maker)) return heads;
    if (into.wiring.useCount(value) !== 1) return heads;
    first = maker;
    heads.unshift(first);
  }
}
