import assert from 'node:assert/strict';
import type { ElementType } from '../../../../server/core/graph/tensor.ts';
import { readNumbers } from '../../../../server/core/graph/tensorValues.ts';
import * as b from '../../../kit/onnxBuilder.ts';
import { ModelFolder } from '../../../kit/onnxFiles.ts';

/** A model with the tensor `w` and a node that uses it. */
const modelWith = (...fields: readonly b.Field[]): Uint8Array =>
  b.model(
    b.graph(
      b.node({ op: 'Custom', domain: 'test', inputs: ['x', 'w'], outputs: ['y'] }),
      ...fields,
      b.input('x', [1]),
      b.output('y'),
    ),
    { opsets: [['test', 1]] },
  );

describe('reading tensors', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  const float32Fields = (values: readonly number[]): b.Field[] =>
    values.map((value) => b.float32(4, value));
  const cases: {
    name: string;
    type: ElementType;
    dims: number[];
    values: number[];
    tensor: b.Field;
  }[] = [
    {
      name: 'float32, raw',
      type: 'float32',
      dims: [2],
      values: [1.5, -2],
      tensor: b.floats('w', [2], [1.5, -2]),
    },
    {
      name: 'float32, packed float_data',
      type: 'float32',
      dims: [2, 1],
      values: [0.25, 4],
      tensor: b.tensor('w', [2, 1], b.FLOAT, b.bytes(4, b.bytesOf(Float32Array.of(0.25, 4)))),
    },
    {
      name: 'float32, float_data one by one',
      type: 'float32',
      dims: [3],
      values: [1, 2, -0.5],
      tensor: b.tensor('w', [3], b.FLOAT, ...float32Fields([1, 2, -0.5])),
    },
    {
      name: 'float32, packed in two runs with a field between',
      type: 'float32',
      dims: [3],
      values: [1, 2, 3],
      tensor: b.tensor(
        'w',
        [3],
        b.FLOAT,
        b.bytes(4, b.bytesOf(Float32Array.of(1, 2))),
        b.text(12, 'doc'),
        b.float32(4, 3),
      ),
    },
    {
      name: 'float16 bits in int32_data',
      type: 'float16',
      dims: [2],
      values: [1, -2], // 0x3c00 and 0xc000
      tensor: b.tensor('w', [2], b.FLOAT16, b.packedVarints(5, [0x3c00, 0xc000])),
    },
    {
      name: 'float16, raw',
      type: 'float16',
      dims: [1],
      values: [0.5], // 0x3800
      tensor: b.tensor('w', [1], b.FLOAT16, b.raw(Uint16Array.of(0x3800))),
    },
    {
      name: 'bfloat16 bits in int32_data',
      type: 'bfloat16',
      dims: [2],
      values: [1, -3], // 0x3f80 and 0xc040
      tensor: b.tensor('w', [2], b.BFLOAT16, b.int(5, 0x3f80), b.int(5, 0xc040)),
    },
    {
      name: 'float64, double_data packed and single',
      type: 'float64',
      dims: [2],
      values: [0.1, 1e300],
      tensor: b.tensor(
        'w',
        [2],
        b.DOUBLE,
        b.bytes(10, b.bytesOf(Float64Array.of(0.1))),
        b.float64(10, 1e300),
      ),
    },
    {
      name: 'int64, negative, packed',
      type: 'int64',
      dims: [3],
      values: [-1, 0, 2 ** 40],
      tensor: b.tensor('w', [3], b.INT64, b.packedVarints(7, [-1, 0, 2 ** 40])),
    },
    {
      name: 'int64, one by one',
      type: 'int64',
      dims: [2],
      values: [5, -7],
      tensor: b.tensor('w', [2], b.INT64, b.int(7, 5), b.int(7, -7)),
    },
    {
      name: 'int8 in int32_data, negative ones of ten bytes',
      type: 'int8',
      dims: [3],
      values: [-128, 0, 127],
      tensor: b.tensor('w', [3], b.INT8, b.packedVarints(5, [-128, 0, 127])),
    },
    {
      name: 'uint8 in int32_data',
      type: 'uint8',
      dims: [2],
      values: [255, 1],
      tensor: b.tensor('w', [2], b.UINT8, b.packedVarints(5, [255, 1])),
    },
    {
      name: 'int32',
      type: 'int32',
      dims: [2],
      values: [-5, 2 ** 31 - 1],
      tensor: b.tensor('w', [2], b.INT32, b.packedVarints(5, [-5, 2 ** 31 - 1])),
    },
    {
      name: 'uint64 in uint64_data',
      type: 'uint64',
      dims: [1],
      values: [2 ** 63],
      tensor: b.tensor('w', [1], b.UINT64, b.packedVarints(11, [2n ** 63n])),
    },
    {
      name: 'a scalar',
      type: 'float32',
      dims: [],
      values: [7],
      tensor: b.floats('w', [], [7]),
    },
    {
      name: 'no elements',
      type: 'float32',
      dims: [0],
      values: [],
      tensor: b.tensor('w', [0], b.FLOAT),
    },
    {
      name: 'packed dims',
      type: 'float32',
      dims: [1, 2],
      values: [3, 4],
      tensor: b.join(
        b.packedVarints(1, [1, 2]),
        b.int(2, b.FLOAT),
        b.text(8, 'w'),
        b.raw(Float32Array.of(3, 4)),
      ),
    },
    {
      name: 'raw data before everything else',
      type: 'float32',
      dims: [2],
      values: [3, 4],
      tensor: b.join(
        b.raw(Float32Array.of(3, 4)),
        b.unknownField(),
        b.text(8, 'w'),
        b.int(2, b.FLOAT),
        b.int(1, 2),
      ),
    },
  ];
  for (const { name, type, dims, values, tensor } of cases) {
    for (const [where, field] of [
      ['initializer', b.initializer(tensor)],
      [
        'Constant',
        b.node({ op: 'Constant', outputs: ['w'], attributes: [b.attr.tensor('value', tensor)] }),
      ],
    ] as const) {
      it(`${name} (${where})`, async () => {
        const { graph } = await folder.open(modelWith(field));
        const found = graph.tensors.get('w');
        assert.ok(found);
        assert.equal(found.name, 'w');
        assert.equal(found.type, type);
        assert.deepEqual(found.dims, dims);
        assert.deepEqual(readNumbers(found), values);
        assert.equal(found.data.read().length, found.data.sizeBytes);
        assert.deepEqual(
          graph.nodes.map((node) => node.op),
          ['Custom'],
        );
      });
    }
  }

  it('reads a part of the elements', async () => {
    for (const tensor of [
      b.floats('w', [3], [1, 2, 3]),
      b.tensor('w', [3], b.FLOAT, ...float32Fields([1, 2, 3])),
    ]) {
      const { graph } = await folder.open(modelWith(b.initializer(tensor)));
      const part = graph.tensors.get('w')?.data.read(4, 8) ?? new Uint8Array();
      assert.deepEqual([...part], [...b.bytesOf(Float32Array.of(2))]);
    }
  });

  const constants: [string, b.Field, ElementType, number[], number[]][] = [
    ['value_float', b.attr.float('value_float', 0.5), 'float32', [], [0.5]],
    ['value_floats', b.attr.floats('value_floats', [1, 2]), 'float32', [2], [1, 2]],
    ['value_int', b.attr.int('value_int', -3), 'int64', [], [-3]],
    ['value_ints', b.attr.ints('value_ints', [4, 5]), 'int64', [2], [4, 5]],
  ];
  for (const [name, attribute, type, dims, values] of constants) {
    it(`reads a Constant by ${name}`, async () => {
      const constant = b.node({ op: 'Constant', outputs: ['w'], attributes: [attribute] });
      const { graph } = await folder.open(modelWith(constant));
      const found = graph.tensors.get('w');
      assert.ok(found);
      assert.deepEqual([found.type, found.dims, readNumbers(found)], [type, dims, values]);
    });
  }

  it('keeps strings, sparse and odd types present, without elements', async () => {
    const sparse = b.join(
      b.message(1, b.floats('w', [1], [1])),
      b.message(2, b.int64s('', [1], [2])),
      b.int(3, 8),
    );
    const opaque: [b.Field, ElementType, number[]][] = [
      [b.initializer(b.tensor('w', [1], b.STRING, b.text(6, 'word'))), 'string', [1]],
      [b.bytes(15, sparse), 'other', [8]],
      [b.initializer(b.tensor('w', [2], 17, b.bytes(9, Uint8Array.of(0x21, 0)))), 'other', [2]],
      [
        b.node({
          op: 'Constant',
          outputs: ['w'],
          attributes: [b.attr.sparse('sparse_value', sparse)],
        }),
        'other',
        [8],
      ],
      [
        b.node({
          op: 'Constant',
          outputs: ['w'],
          attributes: [b.attr.string('value_string', 's')],
        }),
        'string',
        [],
      ],
    ];
    for (const [field, type, dims] of opaque) {
      const { graph } = await folder.open(modelWith(field));
      const found = graph.tensors.get('w');
      assert.deepEqual([found?.type, found?.dims], [type, dims]);
    }
  });
});
