import assert from 'node:assert/strict';
import { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { FakeServer } from '../fakeServer.ts';
import { fileUri } from '../fileUri.ts';
import { modelState } from '../modelStates.ts';

describe('the graph of a model document', () => {
  const opened = async (): Promise<{ server: FakeServer; document: ModelDocument }> => {
    const server = new FakeServer();
    const uri = fileUri('/models/net.onnx');
    const document = new ModelDocument(uri, modelState().target, server, {
      fingerprint: () => Promise.resolve('as opened'),
    });
    await document.open();
    return { server, document };
  };
  const wish = { view: 'nodes', around: 7 } as const;

  it('is asked for with the revision of now', async () => {
    const { server, document } = await opened();
    const { layout } = await document.layoutGraph(wish, new AbortController().signal);
    assert.ok(layout);
    assert.deepEqual(server.sent.at(-1), {
      method: 'graph',
      params: { ...wish, uri: document.uri.toString(), revision: document.state?.revision },
    });
  });

  it('is nothing when it was stopped, and a fault when it was refused', async () => {
    const { server, document } = await opened();
    const stop = new AbortController();
    const stopped = document.layoutGraph(wish, stop.signal);
    stop.abort();
    assert.deepEqual(await stopped, {});
    const fault = { code: 'no-layout', message: 'Laying it out took too long.' };
    server.failNext('graph', fault);
    assert.deepEqual(await document.layoutGraph(wish, new AbortController().signal), { fault });
  });
});
