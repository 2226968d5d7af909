import assert from 'node:assert/strict';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { GraphDraft } from '../../../../server/core/graph/draft.ts';
import { applyEdits } from '../../../../server/core/graph/edits.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { graphOf, node, tensor, valueInfo } from '../../../kit/graphs.ts';

const graph: Graph = {
  ...graphOf({
    inputs: { x: [1, 2] },
    outputs: ['y'],
    nodes: [
      node('Add', ['x', 'k'], ['a'], {}, ''),
      node('Relu', ['a'], ['b'], {}, 'a'),
      node('Relu', ['b'], ['c'], {}, 'twin'),
      node('Relu', ['c'], ['y'], {}, 'twin'),
    ],
    tensors: [tensor('k', [2], 1)],
    values: [valueInfo('told', [3])],
  }),
  hidden: { values: new Set(['inner']), nodes: new Set(['constant']) },
};

const namesOf = ({ nodes }: Graph): string[] => nodes.map(({ name }) => name);

describe('GraphDraft', () => {
  it('gives new values names that nothing in the file has, sub-graphs and stated shapes included', () => {
    const draft = new GraphDraft(graph);
    for (const taken of ['x', 'k', 'a', 'y', 'inner', 'told']) {
      assert.equal(draft.freshName(taken), `${taken}_1`);
    }
    assert.equal(draft.freshName('constant'), 'constant', 'the name of a node is no value');
    draft.setTensor('k_1', tensor('k_1', [1], 0));
    assert.equal(draft.freshName('k'), 'k_2');
  });

  it('lets no change give a node the name of another', () => {
    const draft = new GraphDraft(graph);
    const add = draft.node(0) ?? assert.fail();
    draft.setNode({ ...add, name: 'a' });
    const relu = { ...node('Relu', ['y'], ['z'], {}, 'constant') };
    assert.equal(draft.insertNode(relu, undefined).name, 'constant_1');
    assert.equal(draft.insertNode({ ...relu, outputs: ['w'] }, undefined).name, 'constant_2');
    assert.equal(draft.insertNode({ ...relu, name: '', outputs: ['v'] }, undefined).name, '');
    const after = draft.close();
    assert.deepEqual(namesOf(after), ['a_1', 'a', 'twin', 'twin', 'constant_1', 'constant_2', '']);
    assert.deepEqual(checkGraph(after, graph), []);
    assert.deepEqual(applyEdits(graph, draft.edits), after);
  });

  it('keeps a name that a node has, and gives one again whose node is gone', () => {
    const draft = new GraphDraft(graph);
    const twin = draft.node(3) ?? assert.fail();
    draft.setNode({ ...twin, op: 'Abs' });
    const relu = draft.node(1) ?? assert.fail();
    draft.setNode({ ...relu, name: 'other' });
    draft.setNode({ ...(draft.node(0) ?? assert.fail()), name: 'a' });
    assert.deepEqual(namesOf(draft.close()), ['a', 'other', 'twin', 'twin']);
  });
});

describe('checkGraph', () => {
  it('names nodes that share a name which they did not share before', () => {
    const [first, ...others] = graph.nodes;
    const renamed = { ...graph, nodes: [{ ...(first ?? assert.fail()), name: 'a' }, ...others] };
    assert.deepEqual(checkGraph(renamed, graph), ['two nodes are named "a"']);
    assert.deepEqual(checkGraph(graph, graph), []);
  });

  it('names a new value that a sub-graph has too', () => {
    const tensors = new Map([...graph.tensors, ['inner', tensor('inner', [1], 0)] as const]);
    const faults = ['"inner" is a value within a sub-graph too'];
    assert.deepEqual(checkGraph({ ...graph, tensors }, graph), faults);
  });
});
