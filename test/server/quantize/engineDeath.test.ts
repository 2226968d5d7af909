import assert from 'node:assert/strict';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { EngineFault, type Engine } from '../../../server/engines/engine.ts';
import { planOf, weightEncodings } from '../../../server/quantize/calibrate.ts';
import { measureBiasErrors } from '../../../server/quantize/measureBiasErrors.ts';
import { oddNetworks } from '../../kit/quantizedNetworks.ts';
import { allOf, contextFor, randomSamples, testEngine } from '../../kit/quantizing.ts';

describe('an engine that ends between two steps of a bias correction', () => {
  const engine = testEngine();
  const graph = oddNetworks()[0]?.graph;
  assert.ok(graph);
  const on = allOf(randomSamples(graph, 6, 77));
  const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));

  /** Loses what was kept, as a fresh process has it, before every task from the fourth on. */
  const losing = (times: number): Engine => {
    let tasks = 0;
    const own = engine();
    const lose = async (): Promise<void> => {
      if (++tasks >= 4 && times-- > 0) await own.forget?.();
    };
    return {
      ...own,
      name: own.name,
      open: (...given) => own.open(...given),
      dispose: () => own.dispose(),
      forget: (names) => own.forget?.(names) ?? Promise.resolve(),
      beginTask: async (...given) => {
        await lose();
        assert.ok(own.beginTask);
        return own.beginTask(...given);
      },
      reduceKept: async (...given) => {
        await lose();
        assert.ok(own.reduceKept);
        return own.reduceKept(...given);
      },
    };
  };

  it('begins again, with the same result', async () => {
    const context = await contextFor(graph, engine(), on, { weightBits: 4 });
    const encodings = await weightEncodings(context, planOf(context), noJob);
    const measure = (own: Engine) =>
      measureBiasErrors({ ...context, engine: own }, encodings, on, layers, [], noJob);
    assert.deepEqual((await measure(losing(1))).errors, (await measure(engine())).errors);
    await assert.rejects(
      measure(losing(Infinity)),
      (thrown) => thrown instanceof EngineFault && thrown.code === 'died',
    );
  });
});
