import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createChosenEngine, type EnginePair } from '../../../server/engines/chosenEngine.ts';
import { compareEngines, openModel } from '../../../server/protocol/requests.ts';
import { bothEngines, disposeBoth } from '../../kit/bothEngines.ts';
import { sample } from '../../kit/commandLine.ts';
import { connect, type Client } from '../../kit/connect.ts';
import { KerasFolder } from '../../kit/kerasFiles.ts';
import { defaultTarget } from '../../../server/core/quant/targets.ts';

describe('the request compareEngines', () => {
  const folder = new KerasFolder();
  const storage = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
  let engines: EnginePair;
  let client: Client;
  before(async () => {
    engines = bothEngines();
    client = await connect(storage, () => createChosenEngine('auto', engines));
  });
  after(async () => {
    await client.close();
    disposeBoth(engines);
    folder.remove();
    rmSync(storage, { recursive: true, force: true });
  });

  const open = (file: string) =>
    client.ask(openModel, { uri: pathToFileURL(file).href, target: defaultTarget });

  it('answers with every layer of the model as it is shown', async () => {
    const dense = ['Dense', { units: 2, use_bias: false, activation: 'linear' }] as const;
    const weights = [{ name: 'l1/kernel', shape: [2, 2], values: [1, 2, 3, 4] }];
    const { uri, revision } = await open(folder.sequential([2], [dense, ['ReLU', {}]], weights));
    const reply = await client.ask(compareEngines, { uri, revision });
    assert.deepEqual(
      reply.values.map(({ name }) => name),
      ['l1', 'l2'],
    );
    // Two products are summed: float32 rounds them by 2^-24 at most.
    for (const { maxRel } of reply.values) assert.ok(Number(maxRel) <= 1e-6);
    assert.deepEqual([reply.samples, reply.tolerance], [4, 1e-4]);
    assert.deepEqual(reply.engines.length, 2);
  });

  it('is refused with a sentence for a model that TensorFlow.js cannot run', async () => {
    const { uri, revision } = await open(sample);
    const fault = await client.refused(compareEngines, { uri, revision });
    assert.equal(fault.code, 'cannot-compare');
    assert.match(
      fault.message,
      /^The engines cannot be compared on sample\.onnx: TensorFlow\.js runs/,
    );
  });
});
