import { clipBounds } from '../core/graph/activations.ts';
import { displayName, intsAttribute, type Graph, type Node } from '../core/graph/graph.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { operatorLabel } from '../core/reports/operatorLabel.ts';
import type { GraphBox } from '../protocol/graph.ts';
import { mergedLimit } from '../protocol/graph.ts';
import type { OutlineBox } from './outline.ts';

/** What a box says, wherever it stands. */
export function boxWords(
  graph: Graph,
  box: OutlineBox,
  index: number,
): Omit<GraphBox, 'x' | 'y' | 'hidden'> {
  const { nodes, input, layer, quiet } = box;
  const [main, ...others] = nodes;
  if (!main) {
    const name = input?.name ?? '';
    return { id: -1 - index, kind: 'input', title: 'Input', name, words: '', merged: [], nodes: 0 };
  }
  const merged = others.filter((node) => !quiet.has(node));
  const shown = [...merged, ...others.filter((node) => quiet.has(node))].slice(0, mergedLimit);
  return {
    id: main.id,
    ...(layer ? { layer: layer.node.id } : {}),
    kind: layer ? 'layer' : 'other',
    title: layer ? layerTitle(main, operatorLabel(main, layer)) : main.op,
    name: displayName(main),
    words: wordsOf(graph, merged, layer?.biasAdd),
    merged: shown.map((node) => `${node.op} ${displayName(node)}`),
    nodes: nodes.length,
  };
}

/** `Depthwise 3×3 /2`, `Conv 3×3 dil 2`. */
function layerTitle(node: Node, label: string): string {
  const dilation = Math.max(1, ...(intsAttribute(node, 'dilations') ?? []));
  const title = label.replace(/^DWT\b/, 'Depthwise T').replace(/^DW\b/, 'Depthwise');
  return dilation > 1 ? `${title} dil ${dilation}` : title;
}

const shortOps: Readonly<Record<string, string>> = {
  BatchNormalization: 'BN',
  Relu: 'ReLU',
  LeakyRelu: 'LeakyReLU',
  PRelu: 'PReLU',
  Elu: 'ELU',
  Selu: 'SELU',
  Celu: 'CELU',
  Gelu: 'GELU',
  QuantizeLinear: 'Q',
  DequantizeLinear: 'DQ',
  Min: 'bounds',
  Max: 'bounds',
};

function wordsOf(graph: Graph, nodes: readonly Node[], biasAdd: number | undefined): string {
  const words: string[] = [];
  for (const node of nodes) {
    if (node.id === biasAdd || node.op === 'Identity' || node.op === 'Dropout') continue;
    const word = wordOf(graph, node, words.at(-1));
    if (word !== undefined) {
      if (word.replaces) words.pop();
      if (words.at(-1) !== word.text) words.push(word.text);
    }
  }
  return words.join(' · ');
}

function wordOf(
  graph: Graph,
  node: Node,
  last: string | undefined,
): { readonly text: string; readonly replaces?: boolean } | undefined {
  switch (node.op) {
    case 'Add':
      return { text: 'bias' };
    case 'Clip':
      return { text: clipWord(graph, node) };
    case 'Mul': // of x and its gate
      return { text: last === 'HardSigmoid' ? 'HardSwish' : 'SiLU', replaces: true };
    default:
      return { text: shortOps[node.op] ?? node.op };
  }
}

/** ReLU and ReLU6 are also written as a Clip. */

function clipWord(graph: Graph, node: Node): string {
  const bounds = clipBounds(node, wiringOf(graph));
  if (bounds?.lo !== 0) return 'Clip';
  return bounds.hi === 6 ? 'ReLU6' : bounds.hi === Infinity ? 'ReLU' : 'Clip';
}
