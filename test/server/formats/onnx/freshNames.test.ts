import assert from 'node:assert/strict';
import { noJob } from '../../../../server/core/job.ts';
import { equalizeLayers } from '../../../../server/core/passes/equalizeLayers.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import type { GraphPass } from '../../../../server/core/passes/pass.ts';
import {
  attr,
  floats,
  graph,
  initializer,
  input,
  int64s,
  model,
  node,
  output,
  raw,
  tensor,
  type Field,
} from '../../../kit/onnxBuilder.ts';
import { ModelFolder, runModel, written } from '../../../kit/onnxFiles.ts';
import { checkEdits } from '../../../kit/passChecks.ts';
import { closeTo } from '../../../kit/run.ts';

/** Two layers of float32 products in another order. */
const rounding = { relative: 1e-5, absolute: 1e-5 };
const BOOL = 9;

/** What a batch norm of three channels needs, `bn` before each name. */
const parameters = ['gamma', 'beta', 'mean', 'variance'].map((name, at) =>
  initializer(floats(`bn.${name}`, [3], [at + 1, 0.5 * at + 0.5, 2])),
);
const normInputs = ['a', 'bn.gamma', 'bn.beta', 'bn.mean', 'bn.variance'];

/** The weight of a 1x1 convolution, its channels of uneven size. */
const weight = (name: string, out: number, inputs: number, seed: number): Field =>
  initializer(
    floats(
      name,
      [out, inputs, 1, 1],
      Array.from({ length: out * inputs }, (_, at) => Math.sin(seed + 3 * at) * 2 ** (at % 5)),
    ),
  );

describe('names that a pass makes', () => {
  const folder = new ModelFolder();
  after(() => folder.remove());

  /** Opens the file, runs the pass, saves; the saved file loads as it stands and gives the same. */
  async function savedSame<Options extends object, Applied extends object>(
    file: Uint8Array,
    pass: GraphPass<Options, Applied>,
  ): Promise<void> {
    const document = await folder.open(file);
    const result = await pass.run(document.graph, pass.defaults, noJob);
    assert.equal(result.applied.length, 1);
    checkEdits(document.graph, result);
    const saved = await written(
      folder,
      document.write(result.graph, folder.at('saved.onnx'), new Map(), noJob),
    );
    const [expected, found] = [await runModel(document.path), await runModel(saved.path)];
    assert.deepEqual(Object.keys(found), Object.keys(expected));
    for (const [name, values] of Object.entries(expected)) {
      closeTo(found[name] ?? [], values, rounding, name);
    }
  }

  /** Conv, batch norm and ReLU, and what comes behind. */
  const normed = (
    names: readonly [string | undefined, string],
    behind: readonly Field[],
  ): Field[] => [
    input('x', [1, 2, 3, 3]),
    weight('w', 3, 2, 1),
    ...parameters,
    node({
      op: 'Conv',
      inputs: ['x', 'w'],
      outputs: ['a'],
      ...(names[0] === undefined ? {} : { name: names[0] }),
    }),
    node({ op: 'BatchNormalization', inputs: normInputs, outputs: ['b'], name: 'bn' }),
    node({ op: 'Relu', inputs: ['b'], outputs: ['c'], name: names[1] }),
    ...behind,
  ];

  /** Branches of an If that give `o`, with a value of the given name within. */
  const branch = (...fields: readonly Field[]): Field => graph(...fields, output('o'));
  const plain = branch(node({ op: 'Abs', inputs: ['c'], outputs: ['o'] }));
  const ways: readonly (readonly [string, Field])[] = [
    [
      'made in a branch',
      branch(
        node({ op: 'Neg', inputs: ['c'], outputs: ['c1.bias'] }),
        node({ op: 'Relu', inputs: ['c1.bias'], outputs: ['o'] }),
      ),
    ],
    [
      'an initializer of a branch',
      branch(
        initializer(floats('c1.bias', [1], [2])),
        node({ op: 'Mul', inputs: ['c', 'c1.bias'], outputs: ['o'] }),
      ),
    ],
    [
      'made in a branch of a branch',
      branch(
        node({
          op: 'If',
          inputs: ['yes'],
          outputs: ['o'],
          attributes: [
            attr.graph(
              'then_branch',
              graph(
                node({ op: 'Neg', inputs: ['c'], outputs: ['c1.bias'] }),
                node({ op: 'Relu', inputs: ['c1.bias'], outputs: ['oo'] }),
                output('oo'),
              ),
            ),
            attr.graph(
              'else_branch',
              graph(node({ op: 'Abs', inputs: ['c'], outputs: ['oe'] }), output('oe')),
            ),
          ],
        }),
      ),
    ],
    [
      'an input of a loop in a branch',
      branch(
        node({
          op: 'Loop',
          inputs: ['twice', '', 'c'],
          outputs: ['o'],
          attributes: [
            attr.graph(
              'body',
              graph(
                input('turn', [], 7),
                input('going', [], BOOL),
                input('c1.bias', [1, 3, 3, 3]),
                node({ op: 'Identity', inputs: ['going'], outputs: ['on'] }),
                node({ op: 'Neg', inputs: ['c1.bias'], outputs: ['next'] }),
                output('on', [], BOOL),
                output('next', [1, 3, 3, 3]),
              ),
            ),
          ],
        }),
      ),
    ],
  ];
  for (const [what, then] of ways) {
    it(`are not those of a value ${what}`, async () => {
      const file = model(
        graph(
          ...normed(
            ['c1', 'relu'],
            [
              initializer(tensor('yes', [], BOOL, raw(Uint8Array.of(1)))),
              initializer(int64s('twice', [], [2])),
              node({
                op: 'If',
                inputs: ['yes'],
                outputs: ['y'],
                attributes: [attr.graph('then_branch', then), attr.graph('else_branch', plain)],
              }),
              output('y', [1, 3, 3, 3]),
            ],
          ),
        ),
      );
      await savedSame(file, foldBatchNorm);
    });
  }

  it('are not those of another node, where a node gets the name it was shown by', async () => {
    const end = output('c', [1, 3, 3, 3]);
    await savedSame(model(graph(...normed([undefined, 'a'], [end]))), foldBatchNorm);
  });

  it('are not those of a Constant node', async () => {
    const value = attr.tensor('value', floats('', [1], [2]));
    const file = graph(
      ...normed(
        [undefined, 'relu'],
        [
          node({ op: 'Constant', outputs: ['two'], name: 'a', attributes: [value] }),
          node({ op: 'Mul', inputs: ['c', 'two'], outputs: ['y'] }),
          output('y', [1, 3, 3, 3]),
        ],
      ),
    );
    await savedSame(model(file), foldBatchNorm);
  });

  it('are not those of another node, where a clamp becomes two nodes', async () => {
    const file = graph(
      input('x', [1, 2, 3, 3]),
      weight('w', 3, 2, 1),
      initializer(floats('low', [], [0])),
      initializer(floats('high', [], [6])),
      weight('v', 2, 3, 2),
      node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['a'], name: 'first' }),
      node({ op: 'Clip', inputs: ['a', 'low', 'high'], outputs: ['b'], name: 'clip' }),
      node({ op: 'Conv', inputs: ['b', 'v'], outputs: ['c'], name: 'clip_min' }),
      output('c', [1, 2, 3, 3]),
    );
    await savedSame(model(file), equalizeLayers);
  });
});
