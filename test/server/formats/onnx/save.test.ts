import assert from 'node:assert/strict';
import fs from 'node:fs';
import { GraphDraft } from '../../../../server/core/graph/draft.ts';
import type { Graph, LayerStatistics, Node } from '../../../../server/core/graph/graph.ts';
import { floatTensor, readFloats, withFloats } from '../../../../server/core/graph/tensorValues.ts';
import { Cancelled, noJob } from '../../../../server/core/job.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { encodeGraph } from '../../../../server/formats/onnx/encode.ts';
import * as b from '../../../kit/onnxBuilder.ts';
import { ModelFolder, runModel, written } from '../../../kit/onnxFiles.ts';

const noNotes = new Map<string, string>();

/** What can differ between two files that are otherwise the same to the byte. */
interface Variant {
  readonly w?: b.Field;
  readonly constant?: readonly number[];
  readonly leaky?: readonly b.Field[];
  readonly nodes?: readonly b.Field[];
  readonly after?: readonly b.Field[];
}

const conv = (...extra: readonly b.Field[]): b.Field =>
  b.node({
    op: 'Add',
    inputs: ['x', 'w'],
    outputs: ['h'],
    name: 'add',
    extra: [b.text(6, 'doc of add'), b.unknownField('in the node'), ...extra],
  });
const alpha = b.join(b.attr.float('alpha', 0.5), b.text(13, 'doc'), b.unknownField('attribute'));
const leaky = (attributes: readonly b.Field[], input = 'h'): b.Field =>
  b.node({ op: 'HardSigmoid', inputs: [input], outputs: ['r'], name: 'act', attributes });
const last = b.node({ op: 'Mul', inputs: ['r', 'c'], outputs: ['y'], name: 'mul' });
const wField = (values: readonly number[]): b.Field =>
  b.join(
    b.unknownField('first in the tensor'),
    b.raw(Float32Array.from(values)),
    b.text(8, 'w'),
    b.int(1, 2),
    b.text(12, 'doc of w'),
    b.int(2, b.FLOAT),
    b.unknownField('last in the tensor'),
  );
const constantNode = (values: readonly number[]): b.Field =>
  b.node({
    op: 'Constant',
    outputs: ['c'],
    name: 'const',
    attributes: [
      b.join(
        b.text(1, 'value'),
        b.bytes(
          5,
          b.join(b.int(1, 2), b.int(2, 1), b.raw(Float32Array.from(values)), b.unknownField()),
        ),
        b.int(20, 4),
        b.unknownField('in the attribute'),
      ),
    ],
  });

/** A file with unknown fields in every message, and fields in an unusual order. */
function file(variant: Variant = {}): Uint8Array {
  const nodes = variant.nodes ?? [
    conv(),
    constantNode(variant.constant ?? [3, 4]),
    leaky(variant.leaky ?? [alpha, b.attr.float('beta', 0.75)]),
    last,
  ];
  return b.model(
    b.graph(
      b.unknownField('in the graph'),
      b.initializer(variant.w ?? wField([1, -2])),
      b.input('x', [2]),
      b.value(13, 'h', [2]),
      ...nodes,
      b.text(10, 'doc of the graph'),
      b.output('y', [2]),
      b.message(14, b.text(1, 'h'), b.unknownField('annotation')),
    ),
    {
      before: [b.unknownField('before'), b.metadata('author', 'someone')],
      after: variant.after ?? [b.unknownField('after')],
    },
  );
}

function edited(document: ModelDocument, edit: (draft: GraphDraft) => void): Graph {
  const draft = new GraphDraft(document.graph);
  edit(draft);
  return draft.close();
}
const nodeOf = (draft: GraphDraft, op: string): Node => {
  const found = draft.nodes().find((node) => node.op === op);
  assert.ok(found);
  return found;
};
const setFloats = (draft: GraphDraft, name: string, values: readonly number[]): void => {
  const tensor = draft.tensor(name);
  assert.ok(tensor);
  draft.setTensor(name, withFloats(tensor, Float32Array.from(values)));
};

const statistics: LayerStatistics = {
  batchNorm: 'bn',
  gamma: [1, 2],
  beta: [0.5, -0.5],
  scale: [1, 1],
  absorbed: [0, 0],
};

describe('saving ONNX', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  const cases: {
    name: string;
    edit: (draft: GraphDraft) => void;
    /** The file that must come out, to the byte. */
    expected: Uint8Array;
    /** False where the runtime would refuse the edit. */
    isRunnable?: boolean;
  }[] = [
    { name: 'nothing', edit: () => undefined, expected: file() },
    {
      name: 'an initializer',
      edit: (draft) => setFloats(draft, 'w', [5, 6]),
      expected: file({ w: wField([5, 6]) }),
    },
    {
      name: 'a Constant node',
      edit: (draft) => setFloats(draft, 'c', [7, 8]),
      expected: file({ constant: [7, 8] }),
    },
    {
      name: 'an attribute, the others kept',
      edit: (draft) => {
        const node = nodeOf(draft, 'HardSigmoid');
        const attributes = new Map(node.attributes);
        attributes.set('alpha', { kind: 'float', value: 0.25 });
        draft.setNode({ ...node, attributes });
      },
      expected: file({ leaky: [b.attr.float('alpha', 0.25), b.attr.float('beta', 0.75)] }),
    },
    {
      name: 'an attribute that is taken away and one that is new',
      edit: (draft) => {
        const node = nodeOf(draft, 'HardSigmoid');
        const attributes = new Map(node.attributes);
        attributes.delete('beta');
        attributes.set('new', { kind: 'ints', value: [1, -2] });
        draft.setNode({ ...node, attributes });
      },
      expected: file({ leaky: [alpha, b.attr.ints('new', [1, -2])] }),
      isRunnable: false,
    },
    {
      name: 'a node that is taken out, and the input of the next',
      edit: (draft) => {
        const mul = nodeOf(draft, 'Mul');
        draft.setNode({ ...mul, inputs: ['h', 'c'] });
        draft.removeNode(nodeOf(draft, 'HardSigmoid').id);
      },
      expected: file({
        nodes: [
          conv(),
          constantNode([3, 4]),
          b.node({ op: 'Mul', inputs: ['h', 'c'], outputs: ['y'], name: 'mul' }),
        ],
      }),
    },
    {
      name: 'a new node, with a name of its own',
      edit: (draft) => {
        const act = nodeOf(draft, 'HardSigmoid');
        const added = { ...act, name: 'add', op: 'Neg', inputs: ['h'], outputs: ['n'] };
        draft.insertNode({ ...added, attributes: new Map() }, act.id);
        draft.setNode({ ...act, inputs: ['n'] });
      },
      expected: file({
        nodes: [
          conv(),
          b.node({ op: 'Neg', inputs: ['h'], outputs: ['n'], name: 'add_1' }),
          constantNode([3, 4]),
          leaky([alpha, b.attr.float('beta', 0.75)], 'n'),
          last,
        ],
      }),
    },
    {
      name: 'a node before the Constant that it needs: the Constant moves up',
      edit: (draft) => {
        const add = nodeOf(draft, 'Add');
        draft.setNode({ ...add, inputs: ['x', 'c'] });
      },
      expected: file({
        nodes: [
          constantNode([3, 4]),
          b.node({
            op: 'Add',
            inputs: ['x', 'c'],
            outputs: ['h'],
            name: 'add',
            extra: [b.text(6, 'doc of add'), b.unknownField('in the node')],
          }),
          leaky([alpha, b.attr.float('beta', 0.75)]),
          last,
        ],
      }),
    },
  ];
  for (const { name, edit, expected, isRunnable = true } of cases) {
    it(`writes ${name}, and every other byte as it was`, async () => {
      const document = await folder.open(file());
      const graph = edited(document, edit);
      const saved = await written(
        folder,
        document.write(graph, folder.at('out.onnx'), noNotes, noJob),
      );
      assert.deepEqual(Buffer.from(fs.readFileSync(saved.path)), Buffer.from(expected));
      // Over its own file, the same; and the document goes on with the same nodes.
      const own = await written(folder, document.write(graph, document.path, noNotes, noJob));
      assert.deepEqual(Buffer.from(fs.readFileSync(own.path)), Buffer.from(expected));
      assert.deepEqual(own.graph.nodes, graph.nodes);
      assert.deepEqual([...own.graph.tensors.keys()], [...graph.tensors.keys()]);
      for (const [key, tensor] of graph.tensors) {
        const now = own.graph.tensors.get(key);
        assert.ok(now);
        assert.deepEqual(readFloats(now), readFloats(tensor));
      }
      if (!isRunnable) return;
      const outputs = await runModel(fs.readFileSync(own.path));
      assert.deepEqual(await runModel(encodeGraph(graph)), outputs);
      assert.deepEqual(await runModel(own.encode(own.graph, [])), outputs);
    });
  }

  it('comes back to the same bytes when an edit is undone after a save', async () => {
    const document = await folder.open(file());
    const before = floatTensor('w', [2], readFloats(document.graph.tensors.get('w')!));
    const own = await written(
      folder,
      document.write(
        edited(document, (draft) => setFloats(draft, 'w', [5, 6])),
        document.path,
        noNotes,
        noJob,
      ),
    );
    const undone = edited(own, (draft) => draft.setTensor('w', before));
    const again = await written(folder, own.write(undone, own.path, noNotes, noJob));
    assert.deepEqual(Buffer.from(fs.readFileSync(again.path)), Buffer.from(file()));
  });

  it('adds a constant after the others, removes one with its input entry', async () => {
    const listed = b.model(
      b.graph(
        conv(),
        b.initializer(wField([1, 2])),
        b.input('x', [2]),
        b.input('w', [2]),
        b.output('h', [2]),
      ),
      { irVersion: 3, opset: 9 },
    );
    const document = await folder.open(listed);
    assert.deepEqual(
      document.graph.inputs.map(({ name }) => name),
      ['x'],
    );
    const changed = edited(document, (draft) => setFloats(draft, 'w', [3, 4]));
    const one = await written(folder, document.write(changed, folder.at('a.onnx'), noNotes, noJob));
    assert.equal(count(fs.readFileSync(one.path), b.input('w', [2])), 1);

    const replaced = edited(document, (draft) => {
      draft.setNode({ ...nodeOf(draft, 'Add'), inputs: ['x', 'v'] });
      draft.setTensor('w', undefined);
      draft.setTensor('v', floatTensor('v', [2], Float32Array.of(9, 10)));
    });
    const two = await written(
      folder,
      document.write(replaced, folder.at('b.onnx'), noNotes, noJob),
    );
    const bytes = fs.readFileSync(two.path);
    assert.equal(count(bytes, b.input('w', [2])), 0);
    // Before IR version 4 an initializer must be listed as an input.
    assert.equal(count(bytes, b.input('v', [2])), 1);
    assert.deepEqual(await runModel(bytes), await runModel(encodeGraph(replaced)));
  });

  it('writes another shape of a constant, and what the file says of it', async () => {
    const listed = b.model(
      b.graph(
        conv(),
        b.initializer(wField([1, 2])),
        b.input('x', [2]),
        b.input('w', [2]),
        b.output('h'),
      ),
    );
    const document = await folder.open(listed);
    const graph = edited(document, (draft) => {
      draft.setTensor('w', floatTensor('w', [2, 1], Float32Array.of(1, 2)));
    });
    const saved = await written(folder, document.write(graph, folder.at('c.onnx'), noNotes, noJob));
    assert.deepEqual(saved.graph.tensors.get('w')?.dims, [2, 1]);
    assert.deepEqual(await runModel(saved.path), await runModel(encodeGraph(graph)));
  });

  it('writes typed elements of a changed tensor as raw data', async () => {
    const typed = b.tensor('w', [2], b.FLOAT, b.float32(4, 1), b.text(12, 'doc'), b.float32(4, 2));
    const document = await folder.open(file({ w: typed }));
    const graph = edited(document, (draft) => setFloats(draft, 'w', [5, 6]));
    const saved = await written(folder, document.write(graph, document.path, noNotes, noJob));
    const raw = b.tensor('w', [2], b.FLOAT, b.raw(Float32Array.of(5, 6)), b.text(12, 'doc'));
    assert.deepEqual(Buffer.from(fs.readFileSync(saved.path)), Buffer.from(file({ w: raw })));
  });

  it('keeps notes and statistics in the metadata, and brings them back', async () => {
    const document = await folder.open(file());
    const graph = edited(document, (draft) => draft.setStatistics('h', statistics));
    const notes = new Map([['changes', '[1]']]);
    const saved = await written(folder, document.write(graph, document.path, notes, noJob));
    const metadata = new Map(saved.info.metadata);
    assert.equal(metadata.get('author'), 'someone');
    assert.equal(metadata.get('rangefinder.changes'), '[1]');
    const again = await folder.open(saved.path);
    assert.deepEqual([...again.graph.statistics], [['h', statistics]]);
    // Nothing changed any more: the same bytes, notes included.
    const bytes = fs.readFileSync(saved.path);
    const same = await written(folder, again.write(again.graph, again.path, notes, noJob));
    assert.deepEqual(fs.readFileSync(same.path), bytes);
    // Both are taken out again: the file as it was.
    const cleared = edited(same, (draft) => draft.setStatistics('h', undefined));
    await written(folder, same.write(cleared, same.path, new Map([['changes', '']]), noJob));
    assert.deepEqual(Buffer.from(fs.readFileSync(same.path)), Buffer.from(file()));
  });

  it('drops statistics whose weights were changed by somebody else', async () => {
    const document = await folder.open(file());
    const graph = edited(document, (draft) => draft.setStatistics('h', statistics));
    const saved = await written(folder, document.write(graph, document.path, noNotes, noJob));
    const bytes = fs.readFileSync(saved.path);
    const at = bytes.indexOf(Buffer.from(b.raw(Float32Array.of(1, -2))));
    bytes[at + 5] = 0x41; // the weight 1 becomes 12 or so
    const other = await folder.open(bytes);
    assert.equal(other.graph.statistics.size, 0);
    assert.deepEqual(
      other.issues.map(({ code }) => code),
      ['stale-statistics'],
    );
  });

  it('leaves nothing behind when it is stopped', async () => {
    const document = await folder.open(file());
    const before = folder.list();
    const stopped = { checkpoint: () => Promise.reject(new Cancelled()) };
    const graph = edited(document, (draft) => setFloats(draft, 'w', [5, 6]));
    await assert.rejects(document.write(graph, document.path, noNotes, stopped), Cancelled);
    assert.deepEqual(folder.list(), before);
    assert.deepEqual(Buffer.from(fs.readFileSync(document.path)), Buffer.from(file()));
    // The document is alive: it reads and saves.
    await written(folder, document.write(graph, document.path, noNotes, noJob));
  });
});

/** How often `part` occurs in `bytes`. */
function count(bytes: Buffer, part: Uint8Array): number {
  let found = 0;
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1)) found++;
  return found;
}
