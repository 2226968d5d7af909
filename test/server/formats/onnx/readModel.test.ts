import assert from 'node:assert/strict';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { readNumbers } from '../../../../server/core/graph/tensorValues.ts';
import * as b from '../../../kit/onnxBuilder.ts';
import { ModelFolder, runModel } from '../../../kit/onnxFiles.ts';

const relu = (input: string, output: string, name = ''): b.Field =>
  b.node({ op: 'Relu', inputs: [input], outputs: [output], name });

describe('reading ONNX models', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  it('says what the file says of itself', async () => {
    const file = b.model(
      b.graph(
        b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }),
        b.initializer(b.floats('w', [2, 3], [1, 2, 3, 4, 5, 6])),
        b.initializer(b.int64s('shape', [1], [6])),
        b.input('x', ['batch', 3]),
        b.output('y'),
      ),
      { before: [b.text(3, '1.2')], after: [b.metadata('key', 'value')] },
    );
    const { info, graph } = await folder.open(file);
    assert.deepEqual(info, {
      format: 'onnx',
      label: 'ONNX 17',
      producer: 'builder 1.2',
      sizeBytes: file.length,
      parameterCount: 6,
      nodeCount: 1,
      metadata: new Map([['key', 'value']]),
    });
    assert.equal(graph.name, 'g');
    assert.deepEqual(graph.inputs, [{ name: 'x', type: 'float32', shape: ['batch', 3] }]);
    assert.deepEqual(graph.outputs, [{ name: 'y', type: 'float32', shape: undefined }]);
    assert.deepEqual(graph.opsets, new Map([['', 17]]));
    assert.deepEqual(checkGraph(graph), []);
  });

  it('reads attributes of every kind', async () => {
    const file = b.model(
      b.graph(
        b.node({
          op: 'Custom',
          domain: 'my.ops',
          inputs: ['x', '', 'x'],
          outputs: ['', 'y'],
          attributes: [
            b.attr.int('int', -5),
            b.attr.int('top', 2n ** 63n - 1n),
            b.attr.float('float', 0.5),
            b.attr.string('string', 'é'),
            b.attr.ints('ints', [1, -1]),
            b.join(b.text(1, 'packed'), b.packedVarints(8, [3, 4]), b.int(20, 7)),
            b.attr.floats('floats', [0.25, 2]),
            b.join(
              b.text(1, 'packedFloats'),
              b.bytes(7, b.bytesOf(Float32Array.of(1, 2))),
              b.int(20, 6),
            ),
            b.attr.strings('strings', ['a', '']),
            b.attr.tensor('tensor', b.floats('t', [1], [9])),
            b.join(b.text(1, 'untyped'), b.int(3, 7)),
            b.join(b.text(1, 'reference'), b.text(21, 'outer'), b.int(20, 2)),
            b.attr.any('types', 13, b.message(14)),
            b.attr.ints('none', []),
          ],
        }),
        b.input('x'),
        b.output('y'),
      ),
      { opsets: [['my.ops', 3]] },
    );
    const { graph } = await folder.open(file);
    const [node] = graph.nodes;
    assert.ok(node);
    assert.deepEqual(
      [node.domain, node.inputs, node.outputs],
      ['my.ops', ['x', '', 'x'], ['', 'y']],
    );
    const tensor = node.attributes.get('tensor');
    assert.ok(tensor?.kind === 'tensor');
    assert.deepEqual(readNumbers(tensor.value), [9]);
    const rest = new Map(node.attributes);
    rest.delete('tensor');
    assert.deepEqual(
      rest,
      new Map(
        Object.entries({
          int: { kind: 'int', value: -5 },
          top: { kind: 'int', value: 2 ** 63 },
          float: { kind: 'float', value: 0.5 },
          string: { kind: 'string', value: 'é' },
          ints: { kind: 'ints', value: [1, -1] },
          packed: { kind: 'ints', value: [3, 4] },
          floats: { kind: 'floats', value: [0.25, 2] },
          packedFloats: { kind: 'floats', value: [1, 2] },
          strings: { kind: 'strings', value: ['a', ''] },
          untyped: { kind: 'int', value: 7 },
          reference: { kind: 'opaque' },
          types: { kind: 'opaque' },
          none: { kind: 'ints', value: [] },
        }),
      ),
    );
    assert.deepEqual(
      graph.opsets,
      new Map([
        ['', 17],
        ['my.ops', 3],
      ]),
    );
  });

  it('takes weights that are listed as inputs for constants', async () => {
    const { graph } = await folder.open(
      b.model(
        b.graph(
          b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }),
          b.initializer(b.floats('w', [1], [1])),
          b.input('w', [1]),
          b.input('x', [1]),
          b.output('y'),
        ),
      ),
    );
    assert.deepEqual(
      graph.inputs.map(({ name }) => name),
      ['x'],
    );
    assert.deepEqual([...graph.tensors.keys()], ['w']);
  });

  it('keeps what it knows of intermediate values, whatever the dimensions', async () => {
    const noType = b.message(13, b.text(1, 'h'));
    const { graph } = await folder.open(
      b.model(
        b.graph(
          relu('x', 'h'),
          relu('h', 'k'),
          relu('k', 'y'),
          noType,
          b.value(13, 'k', [1, -1, '']),
          b.input('x', []),
          b.output('y', ['n', 3]),
        ),
      ),
    );
    assert.deepEqual(graph.values.get('h'), { name: 'h', type: 'other', shape: undefined });
    assert.deepEqual(graph.values.get('k')?.shape, [1, undefined, undefined]);
    assert.deepEqual(graph.inputs[0]?.shape, []);
  });

  it('knows what sub-graphs use from outside, through several levels', async () => {
    const inner = b.graph(
      b.node({ op: 'Add', inputs: ['far', 'local'], outputs: ['deep'] }),
      b.output('deep'),
    );
    const thenBranch = b.graph(
      b.node({ op: 'Add', inputs: ['near', 'c'], outputs: ['local'] }),
      b.node({
        op: 'If',
        inputs: ['flag'],
        outputs: ['out'],
        attributes: [b.attr.graph('then_branch', inner), b.attr.graph('else_branch', inner)],
      }),
      b.initializer(b.floats('c', [1], [1])),
      b.output('out'),
    );
    const elseBranch = b.graph(b.input('own', [1]), b.output('through'));
    const file = b.model(
      b.graph(
        ...['far', 'near', 'through'].map((name) => relu('x', name)),
        b.node({
          op: 'If',
          inputs: ['flag'],
          outputs: ['y'],
          attributes: [
            b.attr.graph('then_branch', thenBranch),
            b.attr.graph('else_branch', elseBranch),
          ],
        }),
        b.initializer(b.tensor('flag', [], 9, b.raw(Uint8Array.of(1)))),
        b.input('x', [1]),
        b.output('y'),
      ),
    );
    const { graph } = await folder.open(file);
    const node = graph.nodes.find(({ op }) => op === 'If');
    assert.deepEqual(node?.captures, ['near', 'flag', 'far', 'through']);
    assert.deepEqual(node.attributes.get('then_branch'), { kind: 'opaque' });
  });

  const listed = (irVersion: number): Uint8Array =>
    b.model(
      b.graph(
        b.node({ op: 'Add', inputs: ['x', 'w'], outputs: ['a'] }),
        b.node({ op: 'Add', inputs: ['a', 'v'], outputs: ['y'] }),
        b.initializer(b.floats('w', [1], [1])),
        b.initializer(b.floats('v', [1], [2])),
        b.input('x', [1]),
        b.input('w', [1]),
        b.input('v', [1]),
        b.output('y'),
      ),
      { irVersion },
    );

  it('warns of constants that a caller could replace', async () => {
    const { issues } = await folder.open(listed(4));
    const [issue, ...more] = issues;
    assert.deepEqual(more, []);
    assert.deepEqual(
      [issue?.code, issue?.severity, issue?.where],
      ['overridable-initializers', 'warning', 'w'],
    );
    assert.match(issue?.message ?? '', /^2 constants are listed as inputs too \("w", "v"\)/);
    // Before IR version 4 they had to be listed, and nobody could.
    assert.deepEqual((await folder.open(listed(3))).issues, []);
  });

  it('says of a partly quantized model that it is one', async () => {
    const { issues } = await folder.open(
      b.model(
        b.graph(
          b.node({ op: 'QuantizeLinear', inputs: ['x', 's'], outputs: ['q'] }),
          b.node({ op: 'DequantizeLinear', inputs: ['q', 's'], outputs: ['d'] }),
          b.node({ op: 'MatMul', inputs: ['d', 'w'], outputs: ['y'] }),
          b.initializer(b.floats('s', [], [1])),
          b.initializer(b.floats('w', [1, 1], [2])),
          b.input('x', [1, 1]),
          b.output('y'),
        ),
      ),
    );
    assert.deepEqual(
      issues.map(({ code, severity }) => [code, severity]),
      [['partly-quantized', 'info']],
    );
  });

  it('sorts nodes, as little as it must, and says so', async () => {
    const { graph, issues } = await folder.open(
      b.model(
        b.graph(
          relu('b', 'c', 'third'),
          relu('x', 'a', 'first'),
          relu('a', 'b', 'second'),
          relu('c', 'y', 'fourth'),
          b.input('x', [1]),
          b.output('y'),
        ),
      ),
    );
    assert.deepEqual(
      graph.nodes.map(({ name }) => name),
      ['first', 'second', 'third', 'fourth'],
    );
    assert.deepEqual(
      issues.map(({ code }) => code),
      ['unsorted'],
    );
    assert.deepEqual(checkGraph(graph), []);
  });

  it('opens nodes that share a name, and runs them', async () => {
    const document = await folder.open(
      b.model(
        b.graph(
          relu('x', 'a', 'n'),
          relu('a', 'b', 'n'),
          relu('b', 'y'),
          b.input('x', [2]),
          b.output('y'),
        ),
      ),
    );
    assert.deepEqual(
      document.issues.map(({ code }) => code),
      ['duplicate-node-name'],
    );
    assert.deepEqual(
      document.graph.nodes.map(({ name }) => name),
      ['n', 'n', ''],
    );
    const { y } = await runModel(document.encode(document.graph, []));
    assert.equal(y?.[0], Math.fround(Math.sin(1)));
  });

  it('carries functions and custom domains', async () => {
    const body = b.message(
      25,
      b.text(1, 'Twice'),
      b.text(4, 'a'),
      b.text(5, 'c'),
      b.bytes(7, b.node({ op: 'Add', inputs: ['a', 'a'], outputs: ['c'] }).subarray(2)),
      b.message(9, b.text(1, ''), b.int(2, 17)),
      b.text(10, 'local'),
    );
    const document = await folder.open(
      b.model(
        b.graph(
          b.node({ op: 'Twice', domain: 'local', inputs: ['x'], outputs: ['y'] }),
          b.input('x', [1]),
          b.output('y'),
        ),
        { opsets: [['local', 1]], after: [body] },
      ),
    );
    const { y } = await runModel(document.encode(document.graph, []));
    assert.equal(y?.[0], 2 * Math.fround(Math.sin(1)));
  });

  for (const irVersion of [1, 2, 3, 4, 8, 13]) {
    it(`reads IR version ${irVersion}`, async () => {
      const graph = b.graph(relu('x', 'y'), b.input('x', [1]), b.output('y'));
      const file =
        irVersion < 3
          ? b.join(b.int(1, irVersion), b.bytes(7, graph))
          : b.model(graph, { irVersion, opset: irVersion === 13 ? 26 : 9 });
      const opened = await folder.open(file);
      assert.equal(opened.graph.opsets.get(''), irVersion < 3 ? 1 : irVersion === 13 ? 26 : 9);
    });
  }
});
