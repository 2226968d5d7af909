import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { correctionKey } from '../../server/correctionNote.ts';
import { noJob } from '../../server/core/job.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { openDocument } from '../../server/formats/index.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { version } from '../../server/version.ts';
import { connect, sharedEngine, type Client } from '../kit/connect.ts';
import { unevenLayers, writeH5, writeKeras, writeLayersModel } from '../kit/kerasNetwork.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { perTensor } from '../kit/target.ts';

const formats = [
  {
    name: 'net.onnx',
    write: (path: string): Promise<void> => writeFile(path, encodeGraph(smallMobileNet(), [])),
  },
  { name: 'net.h5', write: (path: string) => writeH5(path, unevenLayers(1)) },
  { name: 'net.keras', write: (path: string) => writeKeras(path, unevenLayers(1)) },
  { name: 'model.json', write: (path: string) => writeLayersModel(path, unevenLayers(1)) },
];

/** Four bits: rounding hurts enough for a repair to gain. */
const target = { ...perTensor, weightBits: 4 };

describe('a repaired file that is opened again', () => {
  const engine = sharedEngine();
  let folder = '';
  let client: Client;
  const begin = async (): Promise<void> => {
    client = await connect(join(folder, 'storage'), engine.create);
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'server-'));
    await begin();
  });
  afterEach(async () => {
    await client.close();
    rmSync(folder, { recursive: true });
  });
  after(() => engine.dispose());

  const uriOf = (path: string): string => pathToFileURL(path).href;
  const open = async (path: string): Promise<ModelState> =>
    client.whole(await client.ask(rpc.openModel, { uri: uriOf(path), target }));

  for (const { name, write } of formats) {
    it(`has what was done, on what, and what was proved: ${name}`, async () => {
      const path = join(folder, name);
      await Promise.resolve(write(path));
      const on = ({ revision }: { readonly revision: number }): rpc.OnModel => ({
        uri: uriOf(path),
        revision,
      });
      const opened = await open(path);
      assert.equal(opened.record, undefined);
      const data = { path: 'synthetic:1' };
      const ready = await client.whole(await client.ask(rpc.chooseData, { ...on(opened), data }));
      const repaired = (await client.ask(rpc.repairModel, on(ready))).state;
      assert.ok(repaired.changes.some(({ step }) => step === 'correct'));
      const saved = (await client.ask(rpc.saveModel, on(repaired))).state;
      assert.equal(saved.record, undefined, 'the session knows it better');
      assert.ok(saved.repair && saved.proofs.length > 0);

      await client.close();
      await begin();
      const again = await open(path);
      assert.deepEqual([again.proofs, again.repair, again.changes], [[], undefined, []]);
      const { record } = again;
      assert.ok(record);
      assert.deepEqual(
        record.changes.map(({ label, version: by, target: grid, samples }) => [
          label,
          { version: by, target: grid, samples },
        ]),
        saved.changes.map(({ label }) => [
          label,
          { version, target: again.targetLabel, samples: saved.data?.label },
        ]),
      );
      assert.deepEqual(record.repair, saved.repair);
      const steps = saved.proofs.filter(({ step }) => !step.startsWith('All steps'));
      assert.deepEqual(
        record.proofs,
        steps.map((proof) => ({ ...proof, values: [] })),
      );
      assert.equal(record.proofWords, saved.proofWords);
    });
  }

  it('keeps what was done before when more is done, and loses what is undone', async () => {
    const path = join(folder, 'net.onnx');
    writeFileSync(path, encodeGraph(smallMobileNet(), []));
    const on = ({ revision }: { readonly revision: number }): rpc.OnModel => ({
      uri: uriOf(path),
      revision,
    });
    const apply = async (state: ModelState, step: 'fold' | 'equalize'): Promise<ModelState> =>
      (await client.ask(rpc.applySteps, { ...on(state), steps: [{ step }] })).state;
    const labels = ({ record }: ModelState): string[] | undefined =>
      record?.changes.map(({ label }) => label);
    const folded = await apply(await open(path), 'fold');
    await client.ask(rpc.saveModel, on(folded));
    await client.close();
    await begin();
    const second = await apply(await open(path), 'equalize');
    assert.deepEqual(labels(second), ['Fold 3 batch norms']);
    const saved = (await client.ask(rpc.saveModel, on(second))).state;
    assert.deepEqual(labels(saved), ['Fold 3 batch norms']);
    await client.close();
    await begin();
    const third = await open(path);
    assert.deepEqual(labels(third), ['Fold 3 batch norms', ...saved.changes.map((c) => c.label)]);
  });

  it('is opened, measured and saved whatever stands in the place of the record', async () => {
    const path = join(folder, 'net.onnx');
    const noted = ['{}', 'not JSON', '[null, 1, "x", [], {"label": {}}]', '[{"label":"<b>"}]', '3'];
    for (const text of noted) {
      writeFileSync(path, encodeGraph(smallMobileNet(), []));
      const document = await openDocument(path, noJob);
      assert.ok(document.ok);
      const { value } = document;
      const notes = new Map([
        ['rangefinder.changes', text],
        [correctionKey, text.replace('[', '{"version":1,"layers":[').replace(/]$/, ']}')],
      ]);
      const written = await value.write(value.graph, path, notes, noJob);
      assert.ok(written.ok);
      written.value.dispose();
      value.dispose();
      const state = await open(path);
      assert.equal(state.correction, undefined);
      assert.equal(state.record?.changes[0]?.label, text.includes('<b>') ? '<b>' : undefined);
      const params = { uri: uriOf(path), revision: state.revision };
      const folded = await client.ask(rpc.applySteps, { ...params, steps: [{ step: 'fold' }] });
      const { revision } = folded.state;
      await client.ask(rpc.saveModel, { uri: uriOf(path), revision });
      await client.ask(rpc.closeModel, { uri: uriOf(path) });
      const last = (await open(path)).record?.changes.at(-1);
      assert.equal(last?.label, 'Fold 3 batch norms', text);
      await client.ask(rpc.closeModel, { uri: uriOf(path) });
    }
  });
});
