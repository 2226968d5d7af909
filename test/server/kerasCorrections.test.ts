import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { noJob } from '../../server/core/job.ts';
import { correctionKey } from '../../server/correctionNote.ts';
import { layersOf } from '../../server/core/graph/layer.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import { openDocument } from '../../server/formats/index.ts';
import type { ModelState, RunStepId } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { connect, sharedEngine, type Client } from '../kit/connect.ts';
import { unevenLayers, writeH5, writeKeras, writeLayersModel } from '../kit/kerasNetwork.ts';
import { perTensor } from '../kit/target.ts';

const kinds = [
  { name: 'net.h5', write: writeH5 },
  { name: 'net.keras', write: writeKeras },
  { name: 'model.json', write: writeLayersModel },
] as const;

const networks = [
  { what: 'with batch norms', layers: unevenLayers(1), hasNorms: true },
  {
    what: 'of layers without a bias',
    layers: unevenLayers(2).filter(({ className }) => className !== 'BatchNormalization'),
    hasNorms: false,
  },
];

/** What a file has: every tensor to the bit, and which of its layers has a bias. */
interface Content {
  readonly tensors: ReadonlyMap<string, string>;
  readonly biases: ReadonlyMap<string, string | undefined>;
  readonly isNoted: boolean;
}

describe('a bias correction in a Keras or TensorFlow.js file', () => {
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

  const open = async (path: string): Promise<ModelState> => {
    const params = { uri: pathToFileURL(path).href, target: perTensor };
    return client.whole(await client.ask(rpc.openModel, params));
  };

  async function content(path: string): Promise<Content> {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) assert.fail(opened.error.message);
    const { graph, info } = opened.value;
    const bytes = ({ data }: { data: { read(): Uint8Array } }): string =>
      Buffer.from(data.read()).toString('hex');
    const layers = layersOf(graph, wiringOf(graph));
    const found = {
      tensors: new Map([...graph.tensors].map(([name, tensor]) => [name, bytes(tensor)])),
      biases: new Map(layers.map(({ name, bias }) => [name, bias && bytes(bias)])),
      isNoted: (info.metadata.get(correctionKey) ?? '') !== '',
    };
    opened.value.dispose();
    return found;
  }

  for (const { name, write } of kinds) {
    for (const { what, layers, hasNorms } of networks) {
      it(`is taken back bit for bit after reopening: ${name} ${what}`, async () => {
        const path = join(folder, name);
        await write(path, layers);
        const on = ({ revision }: { readonly revision: number }): rpc.OnModel => ({
          uri: pathToFileURL(path).href,
          revision,
        });
        const apply = async (state: ModelState, step: RunStepId): Promise<ModelState> => {
          const reply = await client.ask(rpc.applySteps, { ...on(state), steps: [{ step }] });
          return client.whole(reply.state);
        };
        let state = await open(path);
        if (hasNorms) {
          const folded = await apply(state, 'fold');
          state = (await client.ask(rpc.saveModel, on(folded))).state;
        }
        const before = await content(path);
        assert.equal(before.biases.get('first') !== undefined, hasNorms);
        assert.equal(before.isNoted, false);
        const data = { path: 'synthetic:1' };
        state = await client.whole(await client.ask(rpc.chooseData, { ...on(state), data }));
        state = await apply(state, 'correct');
        await client.ask(rpc.saveModel, on(state));
        const corrected = await content(path);
        assert.equal(corrected.isNoted, true);
        for (const layer of before.biases.keys()) {
          assert.ok(corrected.biases.get(layer), layer);
          assert.notEqual(corrected.biases.get(layer), before.biases.get(layer), layer);
        }

        await client.close();
        await begin();
        const again = await open(path);
        assert.equal(again.correction?.isSaved, true);
        assert.equal(again.correction.layers, before.biases.size);
        const removed = await client.ask(rpc.removeCorrection, on(again));
        assert.equal(removed.state.correction, undefined);
        await client.ask(rpc.saveModel, on(removed.state));
        assert.deepEqual(await content(path), before);
        assert.equal((await open(path)).correction, undefined);
      });
    }
  }
});
