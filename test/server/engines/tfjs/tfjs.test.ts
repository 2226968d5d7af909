import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyEdits } from '../../../../server/core/graph/edits.ts';
import { Cancelled, noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import type { ChildEngine } from '../../../../server/engines/childEngine.ts';
import { EngineFault, type Feeds, type Runner } from '../../../../server/engines/engine.ts';
import { createTfjsEngine } from '../../../../server/engines/tfjs/tfjs.ts';
import { absentText } from '../../../../server/engines/tfjs/native.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { documentOf, tfjsChild } from '../../../kit/documents.ts';
import { KerasFolder, type TestLayer } from '../../../kit/kerasFiles.ts';
import { graphOf, node } from '../../../kit/graphs.ts';

const floats = (dims: readonly number[], values: readonly number[]): Feeds =>
  new Map([['x', { type: 'float32', dims, values: Float32Array.from(values) }]]);

async function faultOf(promise: Promise<unknown>): Promise<EngineFault> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof EngineFault) return thrown;
    throw thrown;
  }
  return assert.fail('no fault');
}

describe('createTfjsEngine', () => {
  const folder = new KerasFolder();
  const documents: ModelDocument[] = [];
  let engine: ChildEngine;
  before(() => (engine = createTfjsEngine({ childPath: tfjsChild, nativeFolders: [] })));
  after(() => {
    engine.dispose();
    for (const document of documents) document.dispose();
    folder.remove();
  });

  async function opened(file: string): Promise<ModelDocument> {
    const result = await openDocument(file, noJob);
    assert.ok(result.ok, result.ok ? '' : result.error.message);
    documents.push(result.value);
    return result.value;
  }

  /** y = 2 x0 + 3 x1 + 1 */
  const dense = (): string =>
    folder.sequential(
      [2],
      [['Dense', { units: 1, activation: 'linear', use_bias: true }]],
      [
        { name: 'l1/kernel', shape: [2, 1], values: [2, 3] },
        { name: 'l1/bias', shape: [1], values: [1] },
      ],
    );

  it('runs a model and says what goes in, what comes out, and what ran it', async () => {
    const document = await opened(dense());
    const session = await engine.open(document.encode(document.graph, []), noJob);
    assert.deepEqual(session.inputs, [{ name: 'x', type: 'float32', shape: ['batch', 2] }]);
    assert.deepEqual(session.outputs, [{ name: 'l1', type: 'float32', shape: ['batch', 1] }]);
    assert.deepEqual(session.runner, {
      name: 'TensorFlow.js',
      version: '4.22.0',
      backend: 'wasm',
      notes: [{ severity: 'info', message: absentText }],
    });
    const outputs = await session.run(floats([2, 2], [1, 10, -1, 0.5]));
    assert.deepEqual(outputs.get('l1'), {
      type: 'float32',
      dims: [2, 1],
      values: Float32Array.of(33, 0.5),
    });
    await session.release();
  });

  it('hands out what a layer gives, in the axis order of the graph', async () => {
    const conv = { kernel_size: [1, 1], strides: [1, 1], padding: 'valid', use_bias: false };
    const file = folder.sequential(
      [1, 2, 1],
      [
        ['Conv2D', { ...conv, filters: 2, activation: 'linear' }],
        ['GlobalAveragePooling2D', {}],
      ],
      [{ name: 'l1/kernel', shape: [1, 1, 1, 2], values: [1, 10] }],
    );
    const document = await opened(file);
    const session = await engine.open(document.encode(document.graph, []), noJob);
    const outputs = await session.run(floats([1, 1, 2, 1], [3, 5]), ['l1', 'l2']);
    // Keras has [1, 1, 2, 2] = 3 30 5 50; the graph has the channels second.
    assert.deepEqual(outputs.get('l1')?.dims, [1, 2, 1, 2]);
    assert.deepEqual(outputs.get('l1')?.values, Float32Array.of(3, 5, 30, 50));
    assert.deepEqual(outputs.get('l2')?.values, Float32Array.of(4, 40));
    const fault = await faultOf(session.run(floats([1, 1, 2, 1], [3, 5]), ['nothing']));
    assert.match(fault.message, /^"nothing" is not what a layer gives/);
    const missing = await faultOf(session.run(new Map()));
    assert.match(missing.message, /^Nothing was given for the input "x"/);
    const wrong = await faultOf(session.run(floats([1, 2], [3, 5])));
    assert.match(wrong.message, /takes \[batch, 1, 2, 1\] and was given \[1, 2\]/);
    await session.release();
  });

  it('runs shared layers and several inputs and outputs, Keras 3 spelling', async () => {
    const tensor = (layer: string, node = 0): object => ({
      class_name: '__keras_tensor__',
      config: { shape: [null, 2], dtype: 'float32', keras_history: [layer, node, 0] },
    });
    const call = (...args: unknown[]): object => ({ args, kwargs: {} });
    const layer = (className: string, name: string, config: object, nodes: object[]): object => ({
      module: 'keras.layers',
      class_name: className,
      config: {
        name,
        dtype: { class_name: 'DTypePolicy', config: { name: 'float32' } },
        ...config,
      },
      registered_name: null,
      name,
      inbound_nodes: nodes,
    });
    const architecture = {
      class_name: 'Functional',
      config: {
        name: 'twins',
        layers: [
          layer('InputLayer', 'b', { batch_shape: [null, 2] }, []),
          layer('InputLayer', 'x', { batch_shape: [null, 2] }, []),
          layer('Dense', 'twin', { units: 1, use_bias: false, activation: 'linear' }, [
            call(tensor('x')),
            call(tensor('b')),
          ]),
          layer('Concatenate', 'both', { axis: -1 }, [call([tensor('twin'), tensor('twin', 1)])]),
          layer('Maximum', 'most', {}, [call([tensor('twin'), tensor('twin', 1)])]),
        ],
        input_layers: [
          ['x', 0, 0],
          ['b', 0, 0],
        ],
        output_layers: [
          ['both', 0, 0],
          ['most', 0, 0],
        ],
      },
    };
    const weights = [{ name: 'twin/kernel', shape: [2, 1], values: [1, 10] }];
    const document = await opened(folder.model(architecture, weights, '3.8.0'));
    const session = await engine.open(document.encode(document.graph, []), noJob);
    const feeds = new Map([
      ...floats([1, 2], [1, 2]),
      ['b', { type: 'float32', dims: [1, 2], values: Float32Array.of(4, 3) }] as const,
    ]);
    const outputs = await session.run(feeds);
    assert.deepEqual(outputs.get('both')?.values, Float32Array.of(21, 34));
    assert.deepEqual(outputs.get('most')?.values, Float32Array.of(34));
    // A layer that runs twice has no one value.
    assert.ok(!session.outputs.some(({ name }) => name === 'twin'));
    await session.release();
  });

  it('runs what would be saved: a folded batch norm is gone, the answers stay', async () => {
    const conv = { kernel_size: [1, 1], strides: [1, 1], padding: 'valid', use_bias: false };
    const file = folder.sequential(
      [1, 1, 1],
      [
        ['Conv2D', { ...conv, filters: 1, activation: 'linear' }],
        ['BatchNormalization', { axis: [3], epsilon: 0 }],
        ['Flatten', {}],
      ],
      [
        { name: 'l1/kernel', shape: [1, 1, 1, 1], values: [3] },
        { name: 'l2/gamma', shape: [1], values: [4] },
        { name: 'l2/beta', shape: [1], values: [5] },
        { name: 'l2/moving_mean', shape: [1], values: [1] },
        { name: 'l2/moving_variance', shape: [1], values: [4] },
      ],
    );
    const document = await opened(file);
    const folded = await foldBatchNorm.run(document.graph, foldBatchNorm.defaults, noJob);
    const graph = applyEdits(document.graph, folded.edits);
    const layers = document.encode(graph, []).layers?.();
    assert.ok(layers?.ok);
    assert.doesNotMatch(layers.value.topology, /BatchNormalization/);
    const session = await engine.open(document.encode(graph, []), noJob);
    const outputs = await session.run(floats([1, 1, 1, 1], [2]));
    // (3 * 2 - 1) * 4 / sqrt(4) + 5
    assert.deepEqual(outputs.get('l3')?.values, Float32Array.of(15));
    await session.release();
  });

  const refused: readonly (readonly [
    layer: TestLayer,
    weights: object,
    says: RegExp,
    version?: string,
  ])[] = [
    [
      ['GroupNormalization', { groups: 1, scale: false, center: false }],
      {},
      /^TensorFlow\.js has no layer GroupNormalization \("l1"\), so it cannot run the model\.$/,
    ],
    [
      ['Conv2D', { filters: 2, kernel_size: [1, 1], groups: 2, use_bias: false }],
      { kernel: [1, 1, 1, 2] },
      /the layer "l1" \(Conv2D\): it has no convolution in groups \(here 2\)\.$/,
    ],
    [
      ['GlobalAveragePooling2D', { keepdims: true }],
      {},
      /the layer "l1" \(GlobalAveragePooling2D\): it does not know keepdims\.$/,
    ],
    [
      ['Activation', { activation: 'hard_sigmoid' }],
      {},
      /its hard_sigmoid is that of Keras 2/,
      '3.8.0',
    ],
    [['Activation', { activation: 'exponential' }], {}, /it has no activation "exponential"\.$/],
    [
      ['ReLU', { max_value: 6, negative_slope: 0.1, threshold: 0 }],
      {},
      /its ReLU has no slope together with a largest value/,
    ],
    [
      ['BatchNormalization', { axis: 1, scale: false, center: false }],
      { moving_mean: [2], moving_variance: [2] },
      /"l1" \(BatchNormalization\): it normalizes the last axis only, and not axis 1\.$/,
    ],
    [
      ['ELU', { alpha: 0.5 }],
      {},
      /^TensorFlow\.js says: Non-default alpha value \(0\.5\) is not supported by the ELU layer/,
    ],
  ];
  for (const [layer, shapes, says, version] of refused) {
    it(`refuses ${layer[0]} with a sentence`, async () => {
      const weights = Object.entries(shapes as Record<string, number[]>).map(([slot, shape]) => ({
        name: `l1/${slot}`,
        shape,
        values: new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(1),
      }));
      const document = await opened(folder.sequential([2, 2, 2], [layer], weights, version));
      const fault = await faultOf(engine.open(document.encode(document.graph, []), noJob));
      assert.equal(fault.code, 'cannot-load');
      assert.match(fault.message, says);
    });
  }

  it('refuses a model that has no layers', async () => {
    const document = documentOf(
      graphOf({ inputs: { x: [1, 2] }, outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] }),
    );
    const fault = await faultOf(engine.open(document.encode(document.graph, []), noJob));
    assert.match(fault.message, /^TensorFlow\.js runs Keras and TensorFlow\.js layers models only/);
  });

  it('answers `died` when the child is killed, and starts another for the next model', async () => {
    const document = await opened(dense());
    const session = await engine.open(document.encode(document.graph, []), noJob);
    const { pid } = engine;
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGKILL');
    const fault = await faultOf(session.run(floats([1, 2], [1, 1])));
    assert.equal(fault.code, 'died');
    const again = await engine.open(document.encode(document.graph, []), noJob);
    assert.notEqual(engine.pid, pid);
    const outputs = await again.run(floats([1, 2], [1, 1]));
    assert.deepEqual(outputs.get('l1')?.values, Float32Array.of(6));
    await again.release();
  });

  it('kills the child when the job is stopped', async () => {
    const document = await opened(dense());
    await engine.open(document.encode(document.graph, []), noJob);
    const { pid } = engine;
    const stopped = { checkpoint: () => Promise.reject(new Cancelled()) };
    let asked = 0;
    const later = {
      checkpoint: () => (++asked > 2 ? stopped.checkpoint() : Promise.resolve()),
    };
    const values = new Float32Array(2 * 4e6);
    const feeds: Feeds = new Map([['x', { type: 'float32', dims: [4e6, 2], values }]]);
    const model = document.encode(document.graph, []);
    const value = [{ before: 'l1', after: 'l1' }];
    await assert.rejects(engine.compare(model, model, [feeds], value, later), Cancelled);
    assert.notEqual(engine.pid, pid);
  });
});

describe('an installed TensorFlow', () => {
  const folder = new KerasFolder();
  const root = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
  after(() => {
    folder.remove();
    rmSync(root, { recursive: true, force: true });
  });

  /** Puts a package of this name and code into a folder's node_modules. */
  function install(at: string, name: string, code: string): void {
    const home = join(root, at, 'node_modules', name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
    writeFileSync(join(home, 'index.js'), code);
  }

  async function runnerWith(folders: readonly string[]): Promise<Runner> {
    const engine = createTfjsEngine({ childPath: tfjsChild, nativeFolders: folders });
    try {
      const file = folder.sequential([2], [['ReLU', {}]]);
      const opened = await openDocument(file, noJob);
      assert.ok(opened.ok);
      const session = await engine.open(opened.value.encode(opened.value.graph, []), noJob);
      opened.value.dispose();
      return session.runner;
    } finally {
      engine.dispose();
    }
  }

  it('that cannot be loaded is named with the reason and what to do, and wasm runs', async () => {
    install('broken', '@tensorflow/tfjs-node', `throw new Error('The addon is missing.\\nat x');`);
    const { backend, notes } = await runnerWith([join(root, 'broken')]);
    assert.equal(backend, 'wasm');
    assert.equal(notes.length, 1);
    assert.equal(notes[0]?.severity, 'warning');
    assert.match(
      notes[0].message,
      /^@tensorflow\/tfjs-node is installed \(.*index\.js\) and cannot be loaded \(The addon is missing\), so the WebAssembly build of TensorFlow\.js runs the model; reinstall the package, or remove it\.$/,
    );
  });

  it('with another backend than TensorFlow is not taken', async () => {
    const code = `exports.ready = async () => {}; exports.getBackend = () => 'cpu';`;
    install('odd', '@tensorflow/tfjs-node-gpu', code);
    const { notes } = await runnerWith([join(root, 'odd')]);
    assert.match(
      notes[0]?.message ?? '',
      /^@tensorflow\/tfjs-node-gpu .*its backend is cpu, not TensorFlow/,
    );
  });

  it('is found from a folder further down, the one with a GPU first', async () => {
    const code = `const tf = require(${JSON.stringify(require.resolve('@tensorflow/tfjs-core'))});
      require(${JSON.stringify(require.resolve('@tensorflow/tfjs-backend-cpu'))});
      const layers = require(${JSON.stringify(require.resolve('@tensorflow/tfjs-layers'))});
      module.exports = { ...tf, loadLayersModel: layers.loadLayersModel,
        getBackend: () => 'tensorflow', version: { 'tfjs-core': 'fake' } };`;
    install('good', '@tensorflow/tfjs-node', code);
    install('good', '@tensorflow/tfjs-node-gpu', code);
    mkdirSync(join(root, 'good/models/deep'), { recursive: true });
    const { backend, version, notes } = await runnerWith([join(root, 'good/models/deep')]);
    assert.deepEqual(
      { backend, version, notes },
      { backend: 'tensorflow, @tensorflow/tfjs-node-gpu', version: 'fake', notes: [] },
    );
  });
});
