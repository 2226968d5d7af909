import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { boxWords } from '../../../server/graphView/boxWords.ts';
import { layersOutline, nodesOutline } from '../../../server/graphView/mergeNodes.ts';
import type { Outline } from '../../../server/graphView/outline.ts';
import { graphOf, node, randomTensor, tensor } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { Random } from '../../kit/random.ts';

const random = new Random(1);
const weight = randomTensor(random, 'w', [4, 4, 1, 1]);
const four = ['a', 'b', 'm', 'v'].map((name) => randomTensor(random, name, [4]));
const conv = (from: string, to: string): ReturnType<typeof node> => node('Conv', [from, 'w'], [to]);

/** `title/name/words` of each box, and its edges by title. */
function said(graph: Graph, outline: Outline): { boxes: string[]; edges: string[] } {
  const words = outline.boxes.map((box, i) => boxWords(graph, box, i));
  return {
    boxes: words.map((box) => [box.title, box.name, box.words].filter(Boolean).join(' / ')),
    edges: outline.edges.map(([a, b]) => `${words[a]?.name ?? ''} → ${words[b]?.name ?? ''}`),
  };
}

/** Every node in one box; edges between boxes that are there, none twice, none back. */
function checkOutline(graph: Graph, { boxes, edges }: Outline): void {
  const held = boxes.flatMap(({ nodes }) => nodes.map(({ id }) => id)).sort((a, b) => a - b);
  assert.deepEqual(
    held,
    graph.nodes.map(({ id }) => id),
  );
  assert.equal(new Set(edges.map(String)).size, edges.length);
  for (const [from, to] of edges) {
    assert.ok(from < to && to < boxes.length, `edge ${from} → ${to}`);
  }
}

describe('merging nodes for the graph', () => {
  it('puts batch norm and activation into their layer', () => {
    const graph = graphOf({
      inputs: { x: [1, 4, 2, 2] },
      outputs: ['z'],
      nodes: [
        conv('x', 'c'),
        node('BatchNormalization', ['c', 'a', 'b', 'm', 'v'], ['n']),
        node('Clip', ['n', 'lo', 'hi'], ['r']),
        conv('r', 'z'),
      ],
      tensors: [weight, ...four, tensor('lo', [], [0]), tensor('hi', [], [6])],
    });
    assert.deepEqual(said(graph, layersOutline(graph)), {
      boxes: ['Input / x', 'Conv 1×1 / c / BN · ReLU6', 'Conv 1×1 / z'],
      edges: ['x → c', 'c → z'],
    });
    checkOutline(graph, layersOutline(graph));
    assert.equal(said(graph, nodesOutline(graph)).boxes.length, 5);
  });

  it('leaves an activation by itself where somebody else reads what it reads', () => {
    const graph = graphOf({
      inputs: { x: [1, 4, 2, 2] },
      outputs: ['z', 'c2'],
      nodes: [
        conv('x', 'c'),
        node('Relu', ['c'], ['r']),
        node('Add', ['c', 'r'], ['s']),
        conv('s', 'c2'), // a graph output: its activation is another value
        node('Relu', ['c2'], ['z']),
      ],
      tensors: [weight],
    });
    assert.deepEqual(said(graph, layersOutline(graph)), {
      boxes: ['Input / x', 'Conv 1×1 / c', 'Relu / r', 'Add / s', 'Conv 1×1 / c2', 'Relu / z'],
      edges: ['x → c', 'c → r', 'c → s', 'r → s', 's → c2', 'c2 → z'],
    });
  });

  it('takes x * sigmoid(x) for one activation, and no other product', () => {
    const silu = (other: string): Graph =>
      graphOf({
        inputs: { x: [1, 4, 2, 2] },
        outputs: ['z'],
        nodes: [
          conv('x', 'c'),
          node('Sigmoid', ['c'], ['g']),
          node('Mul', ['g', other], ['p']),
          conv('p', 'z'),
        ],
        tensors: [weight],
      });
    const one = silu('c');
    assert.deepEqual(said(one, layersOutline(one)).boxes, [
      'Input / x',
      'Conv 1×1 / c / SiLU',
      'Conv 1×1 / z',
    ]);
    const two = silu('x');
    assert.deepEqual(said(two, layersOutline(two)).boxes, [
      'Input / x',
      'Conv 1×1 / c / Sigmoid',
      'Mul / p',
      'Conv 1×1 / z',
    ]);
  });

  it('puts shape arithmetic and constants into the box that uses them', () => {
    const graph = graphOf({
      inputs: { x: ['N', 4, 2, 2] },
      outputs: ['z', 'count'],
      nodes: [
        conv('x', 'c'),
        node('Shape', ['c'], ['s']),
        node('Gather', ['s', 'zero'], ['n']),
        node('Concat', ['n', 'minus'], ['shape'], { axis: 0 }),
        node('Mul', ['b', 'm'], ['k']),
        node('Reshape', ['c', 'shape'], ['z']),
        node('Add', ['x', 'k'], ['y']),
        node('Size', ['y'], ['count']), // a graph output stays in sight
      ],
      tensors: [weight, ...four, tensor('zero', [1], [0]), tensor('minus', [1], [-1])],
    });
    const outline = layersOutline(graph);
    checkOutline(graph, outline);
    assert.deepEqual(said(graph, outline), {
      boxes: ['Input / x', 'Conv 1×1 / c', 'Reshape / z', 'Add / y', 'Size / count'],
      edges: ['x → c', 'c → z', 'x → y', 'y → count'],
    });
    const reshape = outline.boxes.findIndex(({ nodes }) => nodes[0]?.op === 'Reshape');
    const box = outline.boxes[reshape];
    assert.ok(box);
    assert.deepEqual(boxWords(graph, box, reshape).merged, ['Shape s', 'Gather n', 'Concat shape']);
  });

  it('keeps every node in one box and every edge forward, in both views', () => {
    const graph = smallMobileNet();
    checkOutline(graph, layersOutline(graph));
    checkOutline(graph, nodesOutline(graph));
    assert.ok(layersOutline(graph).boxes.length < nodesOutline(graph).boxes.length);
  });
});
