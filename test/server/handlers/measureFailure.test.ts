import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { EngineFault, type Engine } from '../../../server/engines/engine.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { connect, sharedEngine } from '../../kit/connect.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { ModelFolder } from '../../kit/onnxFiles.ts';
import { perTensor } from '../../kit/target.ts';

describe('measuring in the background that fails', () => {
  const shared = sharedEngine();
  let folder: ModelFolder;
  before(() => (folder = new ModelFolder()));
  after(() => {
    shared.dispose();
    folder.remove();
  });

  it('says so, keeps what it has, and can be tried again', async () => {
    folder.file(encodeGraph(smallMobileNet(), []), 'net.onnx');
    const uri = pathToFileURL(folder.at('net.onnx')).href;
    let isDead = false;
    const own = shared.create();
    const dying: Engine = {
      ...own,
      beginTask: (...given) => {
        if (isDead) return Promise.reject(new EngineFault('died', 'The process is gone.'));
        assert.ok(own.beginTask);
        return own.beginTask(...given);
      },
    };
    const client = await connect(folder.at('storage'), () => dying);
    try {
      const on = ({ revision }: ModelState): rpc.OnModel => ({ uri, revision });
      let state = await client.ask(rpc.openModel, { uri, target: perTensor });
      const data = { path: 'synthetic:1' };
      state = await client.ask(rpc.chooseData, { ...on(state), data });
      state = await client.ask(rpc.measureModel, { ...on(state), sensitivity: false });
      assert.equal(state.hasFailed, undefined);
      isDead = true;
      const steps = [{ step: 'equalize' as const }];
      const reply = await client.ask(rpc.applySteps, { ...on(state), steps });
      const failed = await failure(client.states, reply.state);
      assert.equal(failed.stopped, 'The process is gone.');
      assert.equal(failed.evaluation?.isStale, true);
      isDead = false;
      const again = await client.ask(rpc.measureModel, { ...on(failed), sensitivity: false });
      assert.equal(again.hasFailed, undefined);
      assert.equal(again.evaluation?.isStale, false);
    } finally {
      await client.close();
    }
  });
});

/** The state that says that measuring failed: the one given, or one that comes by itself. */
async function failure(states: readonly ModelState[], state: ModelState): Promise<ModelState> {
  for (;;) {
    const found = [state, ...states].find(
      ({ revision, hasFailed }) => revision === state.revision && hasFailed === true,
    );
    if (found) return found;
    await wait(10);
  }
}
