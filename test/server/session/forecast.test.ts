import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import type { EqualizeApplied } from '../../../server/core/passes/equalizeLayers.ts';
import { forecastSteps, forecastStructure, isSmall } from '../../../server/session/forecast.ts';
import { runPass } from '../../../server/runSteps.ts';
import { SpillFile } from '../../../server/session/spill.ts';
import type { StepId } from '../../../server/steps.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

describe('the dry run of the steps', () => {
  const graph = smallMobileNet();
  const bytes = [...graph.tensors.values()].map(({ data }) =>
    Buffer.from(data.read()).toString('hex'),
  );
  let folder = '';
  let spill: SpillFile;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'forecast-'));
    spill = new SpillFile(folder, 'dry.bin');
  });
  after(() => {
    spill.dispose();
    rmSync(folder, { recursive: true });
  });
  const sets = (applied: readonly object[] = []): (readonly string[])[] =>
    applied.map((set) => (set as EqualizeApplied).layers);

  it('tries each step on what folding, and clearing before equalizing, would leave', async () => {
    const { results, equalized } = await forecastSteps(graph, spill, noJob);
    const steps: StepId[] = ['fold', 'clear', 'equalize', 'absorb'];
    assert.deepEqual([...results.keys()], steps);
    assert.equal(results.get('fold')?.applied.length, 3);
    // bn1, bn2 and bn3 would be in the way of these, were they not folded first
    assert.deepEqual(sets(results.get('equalize')?.applied), [
      ['conv1', 'dw', 'pw'],
      ['pw', 'fc'],
    ]);
    assert.notEqual(equalized.tensors.get('conv1.w'), graph.tensors.get('conv1.w'));
  });

  it('absorbs on the folded graph, as the step alone does, not on the equalized one', async () => {
    const { results } = await forecastSteps(graph, spill, noJob);
    const folded = await runPass(graph, 'fold', {}, noJob);
    const alone = await runPass(folded.graph, 'absorb', {}, noJob);
    const { applied, skipped, isExact } = alone;
    assert.deepEqual(results.get('absorb'), { applied, skipped, isExact });
    const cleared = await runPass(folded.graph, 'clear', {}, noJob);
    const scaled = await runPass(cleared.graph, 'equalize', {}, noJob);
    const after = await runPass(scaled.graph, 'absorb', {}, noJob);
    // otherwise this would not tell the two apart
    assert.notDeepEqual([after.applied, after.skipped], [applied, skipped]);
  });

  it('leaves the graph as it is', () => {
    const now = [...graph.tensors.values()].map(({ data }) =>
      Buffer.from(data.read()).toString('hex'),
    );
    assert.deepEqual(now, bytes);
  });

  it('finds the same places by the structure alone', async () => {
    const whole = await forecastSteps(graph, spill, noJob);
    const lean = await forecastStructure(graph, noJob);
    assert.equal(lean.isMeasured, false);
    assert.ok((whole.results.get('fold')?.applied.length ?? 0) > 0);
    assert.deepEqual(lean.results.get('fold')?.applied, whole.results.get('fold')?.applied);
    assert.deepEqual(
      sets(lean.results.get('equalize')?.applied),
      sets(whole.results.get('equalize')?.applied),
    );
    assert.equal(lean.equalized, graph);
  });

  it('reads no weight to find out whether a model is small', () => {
    const data = { sizeBytes: 65e6, read: () => assert.fail('read') };
    const tensors = new Map([...graph.tensors].map(([name, t]) => [name, { ...t, data }]));
    assert.equal(isSmall({ ...graph, tensors }), false);
    assert.equal(isSmall(graph), true);
  });
});
