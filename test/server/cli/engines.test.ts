import assert from 'node:assert/strict';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { KerasFolder } from '../../kit/kerasFiles.ts';

interface Ran {
  readonly engine: { readonly name: string; readonly backend: string; readonly notes: string[] };
}
interface Compared {
  readonly engines: {
    readonly agree: boolean;
    readonly tolerance: number;
    readonly largest: { readonly name: string; readonly maxRel: number };
    readonly layers: readonly { readonly name: string }[];
    readonly compared: readonly { readonly name: string }[];
  };
}

/** `--engine` and `--compare-engines` of command-line.md. */
describe('engines on the command line', () => {
  const cli = commandLine();
  const folder = new KerasFolder();
  after(() => folder.remove());

  const agreeing = (): string =>
    folder.sequential(
      [3],
      [
        ['Dense', { units: 2, use_bias: false, activation: 'linear' }],
        ['ReLU', {}],
      ],
      [{ name: 'l1/kernel', shape: [3, 2], values: [1, -2, 3, -4, 5, -6] }],
    );

  it('--engine tfjs runs in TensorFlow.js and says so', async () => {
    const { exit, answer } = await cli.ask<Ran>('run', agreeing(), ...data, '--engine', 'tfjs');
    assert.equal(exit, 0);
    assert.equal(answer.engine.name, 'TensorFlow.js');
    assert.match(answer.engine.backend, /wasm|tensorflow/);
  });

  it('without it, ONNX Runtime runs', async () => {
    const { answer } = await cli.ask<Ran>('run', agreeing(), ...data);
    assert.deepEqual(answer.engine, {
      name: 'ONNX Runtime',
      version: '1.30.0',
      backend: 'cpu',
      notes: [],
    });
  });

  it('an ONNX model is refused to TensorFlow.js', async () => {
    for (const words of [['--engine', 'tfjs'], ['--compare-engines']]) {
      const { exit, err } = await cli.run('run', sample, ...data, ...words);
      assert.equal(exit, 4);
      assert.match(err, /runs Keras and TensorFlow\.js layers models only; choose the engine onnx/);
    }
  });

  it('--compare-engines names every layer, and ends with 0 where they agree', async () => {
    const words = ['run', agreeing(), ...data, '--compare-engines'];
    const { exit, answer } = await cli.ask<Compared>(...words);
    assert.equal(exit, 0);
    const { agree, layers, compared, tolerance } = answer.engines;
    assert.deepEqual({ agree, tolerance }, { agree: true, tolerance: 1e-4 });
    assert.deepEqual(
      layers.map(({ name }) => name),
      ['l1', 'l2'],
    );
    assert.deepEqual(
      compared.map(({ name }) => name),
      ['ONNX Runtime', 'TensorFlow.js'],
    );
  });

  it('--compare-engines ends with 1 where they differ, and says where', async () => {
    // TensorFlow.js 4.22 does not sample at the middle of pixels.
    const layer = ['UpSampling2D', { size: [2, 2], interpolation: 'bilinear' }] as const;
    const file = folder.sequential([2, 2, 1], [layer]);
    const { exit, answer } = await cli.ask<Compared>('run', file, ...data, '--compare-engines');
    assert.equal(exit, 1);
    assert.equal(answer.engines.largest.name, 'l1');
    const text = await cli.run('run', file, ...data, '--compare-engines');
    assert.match(text.out, /They differ by more than 1\.0e-4 of a layer's largest value\./);
  });

  it('--compare-engines gives no outputs to write', async () => {
    const to = cli.at('out.npz');
    const words = ['run', agreeing(), ...data, '--compare-engines', '-o', to];
    const { exit, err } = await cli.run(...words);
    assert.equal(exit, 2);
    assert.match(err, /gives differences, and no outputs for --output/);
  });
});

const data = ['--data', 'synthetic'];
