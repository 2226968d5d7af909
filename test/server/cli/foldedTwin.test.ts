import assert from 'node:assert/strict';
import { parseArguments } from '../../../server/cli/arguments.ts';
import { foldedTwin } from '../../../server/cli/foldedTwin.ts';
import { openQuantizing } from '../../../server/cli/quantizing.ts';
import { Workplace } from '../../../server/cli/workplace.ts';
import { Cancelled, noJob } from '../../../server/core/job.ts';
import { EngineFault, type Engine } from '../../../server/engines/engine.ts';
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

  describe('that fails', () => {
    /** The twin that an engine which throws this makes, and what is said of it. */
    const twinOf = async (thrown: Error) => {
      const place = new Workplace(parseArguments(['evaluate', net, ...on]), noJob, () => undefined);
      try {
        const opened = await openQuantizing(place, ['calibration', 'judge']);
        const engine: Engine = {
          name: 'failing',
          open: () => Promise.reject(thrown),
          beginTask: () => Promise.reject(thrown),
          compare: () => Promise.reject(thrown),
          dispose: () => undefined,
        };
        const twin = await foldedTwin(place, {
          ...opened,
          context: { ...opened.context, engine },
        });
        return { twin, issues: place.issues.filter(({ code }) => code === 'no-folded-figures') };
      } finally {
        place.close();
      }
    };

    it('leaves the figures of the file, and says why there are no others', async () => {
      const { twin, issues } = await twinOf(new EngineFault('cannot-load', 'Too odd to run.'));
      assert.equal(twin, undefined);
      assert.deepEqual(
        issues.map(({ severity, message }) => [severity, message]),
        [
          [
            'warning',
            'There are no figures of the network with its batch norms folded: Too odd to run.',
          ],
        ],
      );
    });

    it('hides neither that somebody stopped it nor a bug of ours', async () => {
      await assert.rejects(twinOf(new Cancelled()), Cancelled);
      await assert.rejects(twinOf(new TypeError('x is not a function')), TypeError);
    });
  });
});
