import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-languageserver/node';
import type { ModelState } from '../../server/protocol/model.ts';
import { stateChanged, type Rpc } from '../../server/protocol/requests.ts';

/** The built server, asked as the extension asks it. */
export class ServerClient {
  private readonly child: ChildProcess;
  private readonly connection: MessageConnection;
  private readonly storageFolder = mkdtempSync(join(tmpdir(), 'rangefinder-'));
  private latest: ModelState | undefined;

  private constructor() {
    const child = spawn(process.execPath, [resolve('dist/server.mjs'), '--stdio']);
    this.child = child;
    this.connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    this.connection.onNotification(stateChanged.method, (state: ModelState) => {
      this.latest = state;
    });
    this.connection.listen();
  }

  static async start(): Promise<ServerClient> {
    const client = new ServerClient();
    const { storageFolder } = client;
    await client.connection.sendRequest('initialize', {
      capabilities: {},
      initializationOptions: { storageFolder },
    });
    await client.connection.sendNotification('initialized', {});
    return client;
  }

  ask<Params, Reply>(request: Rpc<Params, Reply>, params: Params): Promise<Reply> {
    return this.connection.sendRequest<Reply>(request.method, params);
  }

  /** The state once nothing is measured any more, or as it is after some minutes. */
  async settled(reply: ModelState): Promise<ModelState> {
    const until = Date.now() + 240_000;
    this.latest = reply;
    const isSettled = (state: ModelState): boolean =>
      state.isComplete && !state.measuring && state.evaluation?.isStale !== true;
    while (!isSettled(this.latest ?? reply) && Date.now() < until)
      await new Promise((done) => setTimeout(done, 100));
    return this.latest ?? reply;
  }

  dispose(): void {
    this.connection.dispose();
    this.child.kill();
    rmSync(this.storageFolder, { recursive: true, force: true });
  }
}
