import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../kit/commandLine.ts';
import { modelsFolder } from '../kit/golden.ts';

interface Layer {
  readonly name: string;
  readonly weight: Readonly<
    Record<'min' | 'max' | 'mean' | 'std' | 'absmax' | 'kurtosis', number>
  > & {
    readonly shape: readonly number[];
  };
  readonly sqnr: Readonly<Record<'tensor' | 'channel' | 'chosen', number>>;
  readonly channelSpread: number;
}
interface Answer {
  readonly layers: readonly Layer[];
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly layer: string;
    readonly layers: readonly string[];
  }[];
}

/** Sums in double over the same float32 values; kurtosis and spread may sum in another order. */
const tolerance = 1e-9;

/** The same network in several formats: what is found does not depend on the file it is in. */
describe('one network in several formats', () => {
  const cli = commandLine();
  const diagnose = async (path: string, target: string): Promise<Answer> => {
    const { exit, answer, err } = await cli.ask<Answer>('analyze', path, '--target', target);
    assert.equal(exit, 0, err);
    return answer;
  };

  /**
   * What ONNX alone can do is left out: bounds of one value a channel, so that sets with a ReLU6 are
   * scaled further there, which changes what equalizing would gain.
   */
  const found = ({ findings }: Answer): object[] =>
    findings
      .filter(({ code }) => code !== 'relu6-in-set')
      .map(({ code, severity, layer, layers }) => ({ code, severity, layer, layers }));

  /** Findings and figures; the shapes of weights are told in the axis order of the format. */
  function assertSame(actual: Answer, expected: Answer, hasSameAxes: boolean): void {
    assert.deepEqual(found(actual), found(expected));
    assert.deepEqual(
      actual.layers.map(({ name }) => name),
      expected.layers.map(({ name }) => name),
    );
    for (const [i, layer] of expected.layers.entries()) {
      const other = actual.layers[i];
      assert.ok(other);
      if (hasSameAxes) assert.deepEqual(other.weight.shape, layer.weight.shape, layer.name);
      const got = figuresOf(other);
      for (const [figure, value] of Object.entries(figuresOf(layer))) {
        const isClose = Math.abs((got[figure] ?? NaN) - value) <= tolerance * Math.abs(value);
        assert.ok(isClose, `${layer.name}: ${figure} is ${got[figure]}, not ${value}`);
      }
    }
  }

  for (const target of ['tensor-int8', 'default']) {
    it(`fashion-mnist as .h5, .keras and ONNX, ${target}`, async function () {
      const path = join(modelsFolder, 'fashion-mnist-cnn/fashion_mnist_model.h5');
      if (!existsSync(path)) this.skip();
      const h5 = await diagnose(path, target);
      assert.ok(h5.layers.length >= 3);
      assertSame(await diagnose(path.replace(/h5$/, 'keras'), target), h5, true);
      const exported = cli.at(`fashion-${target}.onnx`);
      const { exit, err } = await cli.run('export', path, '--to', 'onnx', '-o', exported);
      assert.equal(exit, 0, err);
      assertSame(await diagnose(exported, target), h5, false);
    });

    it(`teachable-mobilenetv2 as TensorFlow.js and ONNX, ${target}`, async function () {
      const path = join(modelsFolder, 'teachable-mobilenetv2/model.json');
      if (!existsSync(path)) this.skip();
      const exported = cli.at(`teachable-${target}.onnx`);
      const { exit, err } = await cli.run('export', path, '--to', 'onnx', '-o', exported);
      assert.equal(exit, 0, err);
      const tfjs = await diagnose(path, target);
      assert.ok(tfjs.layers.length > 50);
      assertSame(await diagnose(exported, target), tfjs, false);
    });
  }
});

function figuresOf({ weight, sqnr, channelSpread }: Layer): Record<string, number> {
  const { min, max, mean, std, absmax, kurtosis } = weight;
  return { min, max, mean, std, absmax, kurtosis, ...sqnr, channelSpread };
}
