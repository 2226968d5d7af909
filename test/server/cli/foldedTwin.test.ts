import assert from 'node:assert/strict';
import { commandLine } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

interface Evaluated {
  readonly quantized: { readonly sqnrDb: number; readonly agreement: number };
  readonly folded?: {
    readonly batchNorms: number;
    readonly quantized: { readonly sqnrDb: number; readonly agreement: number };
  };
  readonly integer?: { readonly sqnrDb: number };
}

describe('evaluate of a file whose batch norms stand apart', () => {
  const cli = commandLine();
  const on = ['--data', 'synthetic', '--granularity', 'tensor'];
  let net = '';
  let folded = '';
  before(async () => {
    net = cli.model(smallMobileNet());
    folded = cli.at('folded.onnx');
    await cli.run('fold', net, '--no-proof', '-o', folded);
  });

  it('has the figures of the folded network too, as the folded file has them', async () => {
    const { answer } = await cli.ask<Evaluated>('evaluate', net, ...on);
    const twin = (await cli.ask<Evaluated>('evaluate', folded, ...on)).answer;
    assert.equal(twin.folded, undefined);
    assert.equal(answer.folded?.batchNorms, 3);
    // Against the float outputs of the unfolded file, which are the same but for their last bits.
    const apart = Math.abs(answer.folded.quantized.sqnrDb - twin.quantized.sqnrDb);
    assert.ok(apart < 1e-3, `${apart} dB`);
    assert.notEqual(answer.quantized.sqnrDb.toFixed(2), twin.quantized.sqnrDb.toFixed(2));
    const { out } = await cli.run('evaluate', net, ...on);
    const sqnr = answer.folded.quantized.sqnrDb.toFixed(1);
    assert.ok(out.includes(`as targets have it (3 batch norms): output SQNR ${sqnr} dB`), out);
  });

  it('has them with float activations, and beside the integer kernels', async () => {
    const float = ['--activation-bits', 'float'];
    const { answer } = await cli.ask<Evaluated>('evaluate', net, ...on, ...float);
    const twin = (await cli.ask<Evaluated>('evaluate', folded, ...on, ...float)).answer;
    assert.ok(Math.abs((answer.folded?.quantized.sqnrDb ?? NaN) - twin.quantized.sqnrDb) < 1e-3);
    const plain = ['--simulate', 'integer'];
    const both = (await cli.ask<Evaluated>('evaluate', net, ...on, ...plain)).answer;
    assert.ok(Math.abs((both.integer?.sqnrDb ?? NaN) - both.quantized.sqnrDb) < 3);
    assert.ok(both.folded);
  });

  it('has none where grids are given, which are those of the file as it is', async () => {
    const encodings = cli.at('net.encodings');
    await cli.run('encodings', net, ...on, '-o', encodings);
    const { answer } = await cli.ask<Evaluated>('evaluate', net, ...on, '--encodings', encodings);
    assert.equal(answer.folded, undefined);
    assert.ok(answer.quantized);
  });
});
