import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { idleOptions } from '../../../server/cli/idleOptions.ts';
import { optionSpecs } from '../../../server/cli/options.ts';
import { commandLine } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

/** A value of each option that is not its default. */
const others: Readonly<Record<string, string>> = {
  bits: '4',
  'activation-bits': '6',
  granularity: 'tensor',
  symmetry: 'asymmetric',
  target: 'tensor-int8',
  range: 'sqnr',
  'activation-range': 'minmax',
  'activation-symmetry': 'symmetric',
  'bias-bits': '8',
  rounding: 'stochastic',
  simulate: 'integer',
  metric: 'cosine',
  calibration: '0..2',
  correction: '2..4',
  judge: '4..6',
};

describe('options of no effect', () => {
  const cli = commandLine();
  let net = '';
  let quantized = '';
  let labels = '';
  before(async () => {
    net = cli.model(smallMobileNet(), 'net.onnx');
    quantized = cli.at('quantized.onnx');
    labels = cli.at('labels.txt');
    writeFileSync(labels, '0\n1\n2\n3\n0\n1\n2\n3\n');
    await cli.ask('export', net, '--to', 'qdq', '--data', 'synthetic', '-o', quantized);
  });

  const withData = [
    ...['run', 'correct', 'calibrate', 'encodings', 'measure', 'sensitivity', 'evaluate'],
    ...['compare', 'repair'],
  ];
  const passes = ['fold', 'clear', 'equalize', 'absorb'];
  for (const verb of ['analyze', 'export', ...passes, ...withData]) {
    it(`of ${verb} change nothing, as its help says`, async () => {
      const given = idleOptions(verb).flatMap((name) => {
        if (name === 'labels') return ['--labels', labels];
        const value = others[name];
        const spec = optionSpecs.find((one) => one.name === name);
        assert.ok(spec?.verbs?.includes(verb) === true, `${verb} does not know --${name}`);
        assert.equal(value === undefined, spec.takes === undefined, name);
        return value === undefined ? [`--${name}`] : [`--${name}`, value];
      });
      const own = [
        ...[verb, net],
        ...(verb === 'compare' ? [quantized] : []),
        ...(withData.includes(verb) ? ['--data', 'synthetic'] : []),
        ...(passes.includes(verb) ? ['--no-proof'] : []),
        ...(verb === 'export' ? ['-o', cli.at('export.onnx'), '--force'] : []),
      ];
      const told = async (words: readonly string[]): Promise<object> => {
        const { exit, answer } = await cli.ask(...own, ...words);
        // The options themselves are told, and the grid that they describe.
        const apart = ['settings', 'seconds', 'grid'];
        const rest = Object.entries(answer).filter(([name]) => !apart.includes(name));
        return { exit, rest: Object.fromEntries(rest) };
      };
      assert.ok(given.length > 0);
      assert.deepEqual(await told(given), await told([]));
    });
  }
});
