import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { GraphDraft } from '../../../../server/core/graph/draft.ts';
import { floatTensor } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import { replaceRelu6 } from '../../../../server/core/passes/replaceRelu6.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { KerasFolder, type TestWeight } from '../../../kit/kerasFiles.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

/** Float32 through four layers. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };
const random = new Random(11);
const weight = (name: string, shape: readonly number[], isPositive = false): TestWeight => {
  const values = Array.from(random.normal(shape.reduce((a, b) => a * b, 1)));
  return { name, shape, values: isPositive ? values.map((one) => Math.abs(one) + 0.5) : values };
};
const batchNorm = (name: string, count: number): TestWeight[] => [
  weight(`${name}/gamma`, [count]),
  weight(`${name}/beta`, [count]),
  weight(`${name}/moving_mean`, [count]),
  weight(`${name}/moving_variance`, [count], true),
];

/** How a version of Keras writes where a layer's values come from. */
interface Dialect {
  readonly what: string;
  readonly version: string;
  readonly call: (...froms: readonly string[]) => unknown;
}
const dialects: readonly Dialect[] = [
  {
    what: 'Keras 2',
    version: '2.4.0',
    call: (...froms) => froms.map((from) => [from, 0, 0, {}]),
  },
  {
    what: 'Keras 3',
    version: '3.8.0',
    call: (...froms) => {
      const tensors = froms.map((from) => ({
        class_name: '__keras_tensor__',
        config: { shape: [null, 4, 4, 3], dtype: 'float32', keras_history: [from, 0, 0] },
      }));
      return { args: froms.length === 1 ? tensors : [tensors], kwargs: {} };
    },
  },
];

/** Two inputs through one shared nested block, added, ReLU6, two outputs. */
function architecture({ call }: Dialect): object {
  const layer = (name: string, className: string, config: object, ...calls: unknown[]): object => ({
    name,
    class_name: className,
    config: { name, ...config },
    inbound_nodes: calls,
  });
  const input = (name: string): object =>
    layer(name, 'InputLayer', { batch_input_shape: [null, 4, 4, 3] });
  const block = {
    name: 'block',
    layers: [
      input('inner'),
      layer('conv', 'Conv2D', { padding: 'same', use_bias: false }, call('inner')),
      layer('bn', 'BatchNormalization', { axis: -1, epsilon: 1e-3 }, call('conv')),
    ],
    input_layers: [['inner', 0, 0]],
    output_layers: [['bn', 0, 0]],
  };
  return {
    class_name: 'Functional',
    config: {
      name: 'two',
      layers: [
        input('a'),
        input('b'),
        { name: 'block', class_name: 'Functional', config: block, inbound_nodes: [call('a')] },
        layer('lone', 'Conv2D', { padding: 'same', use_bias: false }, call('b')),
        layer('lone_bn', 'BatchNormalization', { axis: [3], scale: false }, call('lone')),
        layer('add', 'Add', {}, call('block', 'lone_bn')),
        layer('six', 'ReLU', { max_value: 6.0 }, call('add')),
        layer('pool', 'GlobalAveragePooling2D', {}, call('six')),
        layer('mix', 'Conv2D', { activation: 'relu6' }, call('six'), call('lone_bn')),
      ],
      input_layers: [
        ['a', 0, 0],
        ['b', 0, 0],
      ],
      output_layers: [
        ['pool', 0, 0],
        ['mix', 0, 0],
        ['mix', 1, 0],
      ],
    },
  };
}

const weights = [
  weight('conv/kernel', [3, 3, 3, 5]),
  ...batchNorm('bn', 5),
  weight('lone/kernel', [3, 3, 3, 5]),
  ...batchNorm('lone_bn', 5).slice(1),
  weight('mix/kernel', [1, 1, 5, 2]),
  weight('mix/bias', [2]),
];

describe('dialects of Keras', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());

  for (const dialect of dialects) {
    const open = async (path: string): Promise<ModelDocument> => {
      const opened = await openDocument(path, noJob);
      if (!opened.ok) assert.fail(opened.error.message);
      return opened.value;
    };
    const model = (): Promise<ModelDocument> =>
      open(folder.model(architecture(dialect), weights, dialect.version));

    it(`${dialect.what}: nested, several inputs and outputs, a shared layer`, async () => {
      const { graph } = await model();
      assert.deepEqual(
        graph.inputs.map(({ name }) => name),
        ['a', 'b'],
      );
      assert.deepEqual(
        graph.outputs.map(({ name }) => name),
        ['pool', 'mix', 'mix:1'],
      );
      assert.deepEqual(graph.outputs[1]?.shape, ['batch', 4, 4, 2]);
      const turns = graph.nodes.filter(({ op }) => op === 'Transpose');
      assert.equal(turns.length, 4, 'one for each spatial input and output');
    });

    it(`${dialect.what}: folding takes the layers out, also of the nested model`, async () => {
      const document = await model();
      const feeds = randomFeeds(document.graph, random, 1);
      const expected = await runGraph(document.graph, feeds);
      const { graph } = await foldBatchNorm.run(document.graph, foldBatchNorm.defaults, noJob);
      const target = join(folder.path, `folded-${dialect.version}.json`);
      const written = await save(document, graph, target);
      const text = readFileSync(target, 'utf8');
      assert.ok(!/"class_name":\s*"BatchNormalization"/.test(text), 'no batch norm is left');
      assert.ok(!/moving_variance/.test(text), 'nor its weights');
      await same(written.graph, feeds, expected);
    });

    it(`${dialect.what}: ReLU6 becomes ReLU, in a layer and in its fused form`, async () => {
      const document = await model();
      const { graph } = await replaceRelu6.run(document.graph, replaceRelu6.defaults, noJob);
      const feeds = randomFeeds(document.graph, random, 1);
      const expected = await runGraph(graph, feeds);
      const target = join(folder.path, `relu-${dialect.version}.json`);
      const written = await save(document, graph, target);
      await same(written.graph, feeds, expected);
    });

    it(`${dialect.what}: a cap for each channel is refused, with ONNX as the remedy`, async () => {
      const document = await model();
      const draft = new GraphDraft(document.graph);
      const clip = document.graph.nodes.find(({ name }) => name === 'six');
      assert.ok(clip);
      draft.setTensor('caps', floatTensor('caps', [5, 1, 1], new Float32Array([1, 2, 3, 4, 5])));
      const [input = '', output = ''] = [clip.inputs[0], clip.outputs[0]];
      draft.setNode({ ...clip, op: 'Min', inputs: [input, 'caps'], outputs: [output] });
      const target = join(folder.path, 'capped.json');
      const written = await document.write(draft.close(), target, new Map(), noJob);
      assert.ok(!written.ok);
      assert.equal(written.error.code, 'cannot-express');
      assert.match(written.error.remedy ?? '', /ONNX/);
    });
  }
});

async function save(document: ModelDocument, graph: Graph, path: string): Promise<ModelDocument> {
  const written = await document.write(graph, path, new Map(), noJob);
  if (!written.ok) assert.fail(written.error.message);
  return written.value;
}

async function same(
  graph: Graph,
  feeds: Parameters<typeof runGraph>[1],
  expected: Awaited<ReturnType<typeof runGraph>>,
): Promise<void> {
  const results = [...(await runGraph(graph, feeds)).values()];
  for (const [i, [name, { values }]] of [...expected].entries()) {
    closeTo(results[i]?.values ?? [], values, tolerance, name);
  }
}
