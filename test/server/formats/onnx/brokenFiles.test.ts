import assert from 'node:assert/strict';
import fs from 'node:fs';
import { BadFile } from '../../../../server/formats/badFile.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { noJob } from '../../../../server/core/job.ts';
import * as b from '../../../kit/onnxBuilder.ts';
import { ModelFolder } from '../../../kit/onnxFiles.ts';
import { Random } from '../../../kit/random.ts';

const relu = (input: string, output: string, name = ''): b.Field =>
  b.node({ op: 'Relu', inputs: [input], outputs: [output], name });
const io = b.join(b.input('x', [2]), b.output('y', [2]));
const weight = b.floats('w', [2], [1, 2]);
const add = b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['y'], name: 'add' });
const small = b.model(b.graph(add, b.initializer(weight), io));

/** A model whose graph has these fields besides input and output, and where those begin. */
const withFields = (...fields: readonly b.Field[]): Uint8Array => b.model(b.join(...fields, io));
/** Where the graph's payload begins in a file of `withFields`. */
const graphStart = (file: Uint8Array): number => {
  const head = b.join(b.int(1, 8), b.text(2, 'builder'));
  const length = file.length - head.length - b.message(8, b.text(1, ''), b.int(2, 17)).length;
  // One byte for the tag, and as many as the length takes.
  return head.length + 1 + (length > 131 ? 2 : 1);
};
const wWith = (...fields: readonly b.Field[]): Uint8Array =>
  withFields(b.initializer(b.join(...fields)), add);

describe('broken files', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  const cases: {
    name: string;
    file: Uint8Array;
    code: string;
    offset?: number | ((file: Uint8Array) => number);
  }[] = [
    { name: 'empty', file: new Uint8Array(), code: 'not-onnx', offset: 0 },
    { name: 'text', file: Buffer.from('hello, world\n'), code: 'not-onnx', offset: 0 },
    { name: 'a script', file: Buffer.from('#!/bin/sh\necho 1\n'), code: 'not-onnx', offset: 0 },
    { name: 'JSON', file: Buffer.from('{"a": 1}'), code: 'not-onnx', offset: 0 },
    { name: 'zeros', file: new Uint8Array(100), code: 'not-onnx', offset: 0 },
    {
      name: 'random bytes',
      file: Uint8Array.from({ length: 99 }, (_, i) => (i * 151 + 77) % 256),
      code: 'not-onnx',
      offset: 0,
    },
    { name: 'no graph', file: b.join(b.int(1, 8), b.text(2, 'p')), code: 'no-graph', offset: 5 },
    { name: 'an empty graph', file: b.model(b.text(2, 'g')), code: 'no-nodes' },
    {
      name: 'two graphs',
      file: b.model(b.graph(add, b.initializer(weight), io), { after: [b.message(7)] }),
      code: 'duplicate-graph',
      offset: (file) => file.length - 2,
    },
    {
      name: 'IR version 14',
      file: b.model(b.graph(relu('x', 'y'), io), { irVersion: 14 }),
      code: 'unknown-ir-version',
    },
    {
      name: 'IR version 0',
      file: b.model(b.graph(relu('x', 'y'), io), { irVersion: 0 }),
      code: 'unknown-ir-version',
    },
    {
      name: 'opset 27',
      file: b.model(b.graph(relu('x', 'y'), io), { opset: 27 }),
      code: 'unknown-opset',
    },
    {
      name: 'opset -1',
      file: b.model(b.graph(relu('x', 'y'), io), { opset: -1 }),
      code: 'unknown-opset',
    },
    {
      name: 'no opset',
      file: b.join(b.int(1, 8), b.message(7, relu('x', 'y'), io)),
      code: 'unknown-opset',
    },
    {
      name: 'wire type 3',
      file: withFields(b.join(b.tag(9, 3), b.int(1, 1))),
      code: 'unknown-wire-type',
      offset: graphStart,
    },
    {
      name: 'wire type 7',
      file: withFields(b.tag(9, 7)),
      code: 'unknown-wire-type',
      offset: graphStart,
    },
    { name: 'field number 0', file: withFields(b.tag(0, 0)), code: 'bad-tag', offset: graphStart },
    {
      name: 'a number of eleven bytes',
      file: withFields(b.join(b.tag(99, 0), new Uint8Array(10).fill(0x80), Uint8Array.of(1))),
      code: 'bad-varint',
      offset: graphStart,
    },
    {
      name: 'a length of 2^63',
      file: withFields(b.join(b.tag(1, 2), b.varint(2n ** 63n))),
      code: 'truncated',
      offset: graphStart,
    },
    {
      name: 'a length beyond its message',
      file: b.model(b.graph(relu('x', 'y'), io, b.tag(99, 2), b.varint(5)), {
        after: [b.unknownField('enough bytes')],
      }),
      code: 'bad-length',
    },
    {
      name: 'a wrong wire type for a name',
      file: withFields(b.int(2, 5)),
      code: 'wrong-wire-type',
      offset: graphStart,
    },
    {
      name: 'a node that is a number',
      file: withFields(b.int(1, 5)),
      code: 'wrong-wire-type',
      offset: graphStart,
    },
    {
      name: 'a node without operator',
      file: withFields(b.message(1, b.text(1, 'x'), b.text(2, 'y'))),
      code: 'no-operator',
      offset: (file) => graphStart(file) + 2,
    },
    {
      name: 'a cycle',
      file: b.model(b.graph(relu('b', 'a', 'one'), relu('a', 'b', 'two'), b.output('a'))),
      code: 'cyclic',
    },
    { name: 'a node that uses itself', file: withFields(relu('y', 'y')), code: 'cyclic' },
    {
      name: 'a value nobody makes',
      file: withFields(relu('nothing', 'y')),
      code: 'dangling-input',
    },
    {
      name: 'a weight that is missing',
      file: withFields(add),
      code: 'dangling-input',
    },
    { name: 'an output nobody makes', file: withFields(relu('x', 'z')), code: 'dangling-output' },
    {
      name: 'a value made twice',
      file: withFields(relu('x', 'y'), relu('x', 'y')),
      code: 'duplicate-name',
    },
    {
      name: 'a value named like an input',
      file: withFields(relu('x', 'x'), relu('x', 'y')),
      code: 'duplicate-name',
    },
    {
      name: 'two inputs of one name',
      file: withFields(relu('x', 'y'), b.input('x', [2])),
      code: 'duplicate-name',
    },
    {
      name: 'two constants of one name',
      file: withFields(b.initializer(weight), b.initializer(weight), add),
      code: 'duplicate-name',
      offset: (file) => graphStart(file) + b.initializer(weight).length,
    },
    {
      name: 'an initializer without a name',
      file: wWith(b.int(1, 1), b.int(2, 1), b.raw(Float32Array.of(1))),
      code: 'no-name',
      offset: graphStart,
    },
    {
      name: 'raw data too short',
      file: wWith(b.tensor('w', [3], b.FLOAT, b.raw(Float32Array.of(1, 2)))),
      code: 'bad-size',
      offset: (file) => graphStart(file) + 2,
    },
    {
      name: 'typed data too short',
      file: wWith(b.tensor('w', [3], b.INT64, b.packedVarints(7, [1, 2]))),
      code: 'bad-size',
      offset: (file) => graphStart(file) + 2,
    },
    {
      name: 'no data at all',
      file: wWith(b.tensor('w', [3], b.FLOAT)),
      code: 'bad-size',
      offset: (file) => graphStart(file) + 2,
    },
    {
      name: 'data in the wrong typed field',
      file: wWith(b.tensor('w', [1], b.FLOAT, b.int(7, 1))),
      code: 'bad-size',
      offset: (file) => graphStart(file) + 2,
    },
    {
      name: 'packed floats of 5 bytes',
      file: wWith(b.tensor('w', [1], b.FLOAT, b.bytes(4, new Uint8Array(5)))),
      code: 'bad-length',
    },
    {
      name: 'a list of numbers that ends within one',
      file: wWith(b.tensor('w', [1], b.INT64, b.bytes(7, Uint8Array.of(0x80)))),
      code: 'bad-varint',
    },
    {
      name: 'a shape of 2^62 elements',
      file: wWith(b.tensor('w', [2 ** 31, 2 ** 31], b.FLOAT)),
      code: 'bad-shape',
      offset: (file) => graphStart(file) + 2,
    },
    {
      name: 'a negative dimension',
      file: wWith(b.int(1, -1), b.int(2, 1), b.text(8, 'w')),
      code: 'bad-shape',
      offset: (file) => graphStart(file) + 2,
    },
    {
      name: 'two thousand dimensions',
      file: wWith(b.packedVarints(1, Array<number>(2000).fill(1)), b.int(2, 1), b.text(8, 'w')),
      code: 'too-many',
    },
    {
      name: 'sub-graphs nested two hundred deep',
      file: withFields(
        b.node({ op: 'If', inputs: ['x'], outputs: ['y'], attributes: [nested(200)] }),
      ),
      code: 'too-deep',
    },
  ];
  for (const { name, file, code, offset } of cases) {
    it(name, async () => {
      const fault = await folder.fault(file);
      assert.equal(fault.code, code, fault.message);
      const wanted = typeof offset === 'function' ? offset(file) : offset;
      if (wanted !== undefined) assert.equal(fault.offset, wanted, fault.message);
      assert.ok(fault.message.includes(folder.path), 'the message names the file');
      assert.ok(fault.remedy, 'there is something to do');
    });
  }

  it('names the nodes of a cycle', async () => {
    const file = b.model(b.graph(relu('b', 'a', 'one'), relu('a', 'b', 'two'), b.output('a')));
    assert.match((await folder.fault(file)).message, /"one", "two"/);
  });

  it('says what a missing file and a folder are', async () => {
    assert.equal((await folder.fault(folder.at('none.onnx'))).code, 'not-found');
    assert.equal((await folder.fault(folder.path)).code, 'not-a-file');
  });

  it('opens the model that the faults are made from', async () => {
    assert.equal((await folder.open(small)).graph.nodes.length, 1);
  });

  it('refuses the model cut short anywhere, with a place in it', async () => {
    for (let length = 0; length < small.length; length++) {
      const cut = small.subarray(0, length);
      const path = folder.file(cut, 'cut.onnx');
      const opened = await openDocument(path, noJob);
      assert.ok(!opened.ok, `cut at ${length}`);
      const { code, offset } = opened.error;
      // Before the graph begins the file may end between two fields: a whole message, no graph.
      const isInGraph = length > 12 && length < small.length - 6;
      if (isInGraph) assert.equal(code, 'truncated', `cut at ${length}: ${code}`);
      else assert.match(code, /^(truncated|not-onnx|no-graph|unknown-opset)$/, `cut at ${length}`);
      if (offset !== undefined) assert.ok(offset >= 0 && offset <= length, `offset ${offset}`);
    }
  });

  it('survives bytes changed at random: it opens, or says what is wrong', async () => {
    const rich = richModel();
    const random = new Random(1);
    const counts = { opened: 0, refused: 0 };
    for (let round = 0; round < 1000; round++) {
      const bytes = Uint8Array.from(rich);
      const flips = 1 + Math.floor(random.next() * 4);
      for (let i = 0; i < flips; i++) {
        const at = Math.floor(random.next() * bytes.length);
        bytes[at] = Math.floor(random.next() * 256);
      }
      fs.writeFileSync(folder.at('fuzz.onnx'), bytes);
      const opened = await openDocument(folder.at('fuzz.onnx'), noJob);
      if (!opened.ok) {
        counts.refused++;
        continue;
      }
      counts.opened++;
      const { graph } = opened.value;
      try {
        for (const { data } of graph.tensors.values()) data.read();
        opened.value.encode(graph, []);
      } catch (thrown) {
        assert.ok(thrown instanceof BadFile, String(thrown));
      } finally {
        opened.value.dispose();
      }
    }
    assert.ok(counts.opened > 50 && counts.refused > 50, JSON.stringify(counts));
  });
});

/** An attribute with sub-graphs in sub-graphs. */
function nested(depth: number): b.Field {
  let graph = b.text(2, 'inner');
  for (let i = 0; i < depth; i++) {
    const inner = b.node({ op: 'If', attributes: [b.attr.graph('then_branch', graph)] });
    graph = b.join(inner);
  }
  return b.attr.graph('then_branch', graph);
}

/** Something of everything. */
function richModel(): Uint8Array {
  const body = b.graph(
    b.node({ op: 'Add', inputs: ['h', 'c'], outputs: ['t'] }),
    b.initializer(b.floats('inner', [1], [1])),
    b.output('t'),
  );
  return b.model(
    b.graph(
      b.node({ op: 'Constant', outputs: ['c'], attributes: [b.attr.floats('value_floats', [1])] }),
      b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['h'], name: 'add' }),
      b.node({
        op: 'If',
        inputs: ['k'],
        outputs: ['y'],
        attributes: [b.attr.graph('then_branch', body)],
      }),
      b.initializer(weight),
      b.initializer(b.tensor('k', [1], 9, b.int(5, 1))),
      b.initializer(b.tensor('f', [2], b.FLOAT, b.float32(4, 1), b.float32(4, 2))),
      io,
      b.value(13, 'h', ['batch', 2]),
      b.unknownField(),
    ),
    { after: [b.metadata('key', 'value'), b.unknownField()] },
  );
}
