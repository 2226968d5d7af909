import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import type { ModelState, RunStepId } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { connect, sharedEngine, type Client } from './connect.ts';
import { smallMobileNet } from './mobileNet.ts';
import { perTensor } from './target.ts';

/** A model file of a test's own, and a server of its own that it is opened in. */
export class OpenedModel {
  client!: Client;
  folder = '';
  path = '';
  #engine: ReturnType<typeof sharedEngine> | undefined;
  /** The file as it is before each test. */
  readonly original = Buffer.from(encodeGraph(smallMobileNet(), []));

  get uri(): string {
    return pathToFileURL(this.path).href;
  }

  async begin(engine: ReturnType<typeof sharedEngine>): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), 'server-'));
    this.path = join(this.folder, 'net.onnx');
    writeFileSync(this.path, this.original);
    this.#engine = engine;
    await this.reconnect();
  }

  /** Another server with the same storage; the one before must have been closed. */
  async reconnect(): Promise<void> {
    const create = this.#engine?.create;
    this.client = await connect(join(this.folder, 'storage'), create);
  }

  async end(): Promise<void> {
    await this.client.close();
    rmSync(this.folder, { recursive: true });
  }

  open(log?: rpc.ChangeLog): Promise<ModelState> {
    const params = { uri: this.uri, target: perTensor, ...(log ? { log } : {}) };
    return this.see(rpc.openModel, params);
  }

  on({ revision }: { readonly revision: number }): rpc.OnModel {
    return { uri: this.uri, revision };
  }

  async apply(state: ModelState, ...steps: readonly RunStepId[]): Promise<rpc.ApplyReply> {
    const params = { ...this.on(state), steps: steps.map((step) => ({ step })) };
    const reply = await this.client.ask(rpc.applySteps, params);
    return { ...reply, state: await this.client.whole(reply.state) };
  }

  /** What a request that answers with a state comes to, once all its numbers are there. */
  async see<P>(asked: rpc.Rpc<P, ModelState>, params: P): Promise<ModelState> {
    return this.client.whole(await this.client.ask(asked, params));
  }

  /** Undo and redo. */
  setChanges(state: ModelState, ids: readonly number[]): Promise<ModelState> {
    return this.see(rpc.setChanges, { ...this.on(state), ids });
  }
}

/** Gives each test of the surrounding `describe` a model and a server; one engine for all. */
export function openedModel(): OpenedModel {
  const model = new OpenedModel();
  const engine = sharedEngine();
  after(() => engine.dispose());
  beforeEach(() => model.begin(engine));
  afterEach(() => model.end());
  return model;
}
