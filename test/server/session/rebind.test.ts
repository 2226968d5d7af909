import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphDraft } from '../../../server/core/graph/draft.ts';
import { applyEdits, invertAll } from '../../../server/core/graph/edits.ts';
import { MemoryData, type Tensor } from '../../../server/core/graph/tensor.ts';
import { rebindGraph, spillLarge } from '../../../server/session/rebind.ts';
import { SpillFile } from '../../../server/session/spill.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';

const graph = graphOf({
  inputs: { x: [2] },
  outputs: ['y'],
  nodes: [node('Add', ['x', 'w'], ['y'])],
  tensors: [tensor('w', [2], [1, 2])],
});
const bytesOf = (held: Tensor | undefined): number[] => [...(held?.data.read() ?? [])];

describe('spillLarge', () => {
  let spill: SpillFile;
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rebind-'));
    spill = new SpillFile(folder, 'spill.bin');
  });
  afterEach(() => {
    spill.dispose();
    rmSync(folder, { recursive: true });
  });

  const draft = new GraphDraft(graph);
  draft.setTensor('w', tensor('w', [2], [3, 4]));
  const changed = draft.close();
  const both = { before: graph, after: changed };

  it('moves results above the limit to disk, and undo and redo still fit', () => {
    const kept = spillLarge(draft.edits, both, spill, 7); // two floats are 8 bytes
    const held = kept.graph.tensors.get('w');
    assert.ok(held && SpillFile.holds(held.data));
    assert.deepEqual(bytesOf(held), bytesOf(changed.tensors.get('w')));
    assert.deepEqual(applyEdits(kept.graph, invertAll(kept.edits)), graph);
    assert.equal(applyEdits(graph, kept.edits).tensors.get('w'), held);
  });

  it('leaves results up to the limit where they are', () => {
    const kept = spillLarge(draft.edits, both, spill, 8);
    assert.equal(kept.graph, changed);
    assert.equal(kept.edits, draft.edits);
  });

  it('keeps results in memory when the disk space for them is used up', () => {
    const full = new SpillFile(folder, 'full.bin', 4);
    const kept = spillLarge(draft.edits, both, full, 7);
    assert.ok(kept.graph.tensors.get('w')?.data instanceof MemoryData);
    full.dispose();
  });
});

describe('rebindGraph', () => {
  const w = graph.tensors.get('w') as Tensor;
  it('exchanges tensors', () => {
    const other = tensor('w', [2], [1, 2]);
    assert.equal(rebindGraph(graph, new Map([[w, other]])).tensors.get('w'), other);
    assert.equal(graph.tensors.get('w'), w);
  });
  it('gives back the same graph where it has none of them', () => {
    const stranger = tensor('w', [2], [1, 2]);
    assert.equal(rebindGraph(graph, new Map([[stranger, w]])), graph);
  });
});
