import assert from 'node:assert/strict';
import { GraphDraft } from '../../../server/core/graph/draft.ts';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { Refused } from '../../../server/refused.ts';
import { moveTo, recordsOf, type Change } from '../../../server/session/changeLog.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';

/** A change that puts one number into `w`. */
function change(graph: Graph, id: number, parents: number[], value: number): [Change, Graph] {
  const draft = new GraphDraft(graph);
  draft.setTensor('w', tensor('w', [1], [value]));
  const made = { id, parents, step: 'fold' as const, options: {}, label: `set ${value}`, note: '' };
  return [{ ...made, edits: draft.edits, records: [] }, draft.close()];
}

describe('moveTo', () => {
  const opened = graphOf({
    inputs: { x: [1] },
    outputs: ['y'],
    nodes: [node('Add', ['x', 'w'], ['y'])],
    tensors: [tensor('w', [1], [1])],
  });
  const [two, withTwo] = change(opened, 1, [], 2);
  const [three, withThree] = change(withTwo, 2, [1], 3);
  const [four, withFour] = change(withTwo, 3, [1], 4);
  const cases = [
    { name: 'undo one', graph: withThree, applied: [two, three], wanted: [two], is: withTwo },
    { name: 'undo all', graph: withThree, applied: [two, three], wanted: [], is: opened },
    { name: 'redo all', graph: opened, applied: [], wanted: [two, three], is: withThree },
    {
      name: 'another branch',
      graph: withThree,
      applied: [two, three],
      wanted: [two, four],
      is: withFour,
    },
    {
      name: 'nothing',
      graph: withThree,
      applied: [two, three],
      wanted: [two, three],
      is: withThree,
    },
  ];
  for (const { name, graph, applied, wanted, is } of cases) {
    it(name, () => assert.deepEqual(moveTo(graph, applied, wanted), is));
  }

  const refusals = [
    { name: 'a change without the one before it', wanted: [three], code: 'out-of-order' },
    { name: 'changes in another order', wanted: [three, two], code: 'out-of-order' },
  ];
  for (const { name, wanted, code } of refusals) {
    it(`refuses ${name}`, () => {
      const move = (): Graph => moveTo(withThree, [two, three], wanted);
      assert.throws(move, (thrown) => thrown instanceof Refused && thrown.fault.code === code);
    });
  }

  it('refuses to undo what was not kept', () => {
    const fixed = { ...three, fixed: 'it was saved before a restart.' };
    const move = (): Graph => moveTo(withThree, [two, fixed], [two]);
    assert.throws(
      move,
      (thrown) => thrown instanceof Refused && thrown.fault.code === 'undo-not-kept',
    );
  });
});

describe('recordsOf', () => {
  const record = (place: string): Change['records'][number] => ({
    step: 'equalize',
    applied: [{ layers: [place] }],
    skipped: [],
    isExact: true,
    proof: undefined,
  });
  const entry = (id: number, records: Change['records'], options = {}): Change => ({
    id,
    step: 'equalize',
    options,
    label: '',
    note: '',
    parents: [],
    edits: [],
    records,
  });

  it('lists what the changes did, in order', () => {
    const [a, b] = [record('a'), record('b')];
    assert.deepEqual(recordsOf([entry(1, [a]), entry(2, [b])]), [a, b]);
  });

  it('has a change that did others again stand in their place', () => {
    const [a, b, again, later] = [record('a'), record('b'), record('again'), record('later')];
    const changes = [
      entry(1, [a]),
      entry(2, [b]),
      entry(3, [again], { since: 2, without: 'x' }),
      entry(4, [later]),
    ];
    assert.deepEqual(recordsOf(changes), [a, again, later]);
    const twice = entry(5, [record('all')], { since: 1, without: 'y' });
    assert.deepEqual(recordsOf([...changes, twice]), twice.records);
  });
});
