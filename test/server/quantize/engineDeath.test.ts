import assert from 'node:assert/strict';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { EngineFault, type Engine } from '../../../server/engines/engine.ts';
import { calibrate, planOf, weightEncodings } from '../../../server/quantize/calibrate.ts';
import { measureBiasErrors } from '../../../server/quantize/measureBiasErrors.ts';
import { sensitivity } from '../../../server/quantize/sensitivity.ts';
import { losingEngine } from '../../kit/losingEngine.ts';
import { oddNetworks } from '../../kit/quantizedNetworks.ts';
import { allOf, contextFor, randomSamples, testEngine } from '../../kit/quantizing.ts';

describe('an engine that ends between two steps', () => {
  const engine = testEngine();
  const graph = oddNetworks()[0]?.graph;
  assert.ok(graph);
  const on = allOf(randomSamples(graph, 6, 77));
  const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));

  const losing = (times: number): Engine => losingEngine(engine(), times);

  it('has a bias correction begin again, with the same result', async () => {
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

  it('has a sensitivity sweep begin again, once, with the same result', async () => {
    const context = await contextFor(graph, engine(), on, { weightBits: 4 });
    const calibration = await calibrate(context, on, noJob);
    const measure = (own: Engine) =>
      sensitivity({ ...context, engine: own }, calibration, on, noJob);
    assert.deepEqual(await measure(losing(1)), await measure(engine()));
    await assert.rejects(
      measure(losing(Infinity)),
      (thrown) => thrown instanceof EngineFault && thrown.code === 'died',
    );
  });
});
