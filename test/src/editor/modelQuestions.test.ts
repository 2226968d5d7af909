import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { ModelDocument } from '../../../src/editor/modelDocument.ts';
import type { Notice } from '../../../src/editor/notice.ts';
import { FakeServer } from '../fakeServer.ts';
import { fileUri } from '../fileUri.ts';
import { modelState } from '../modelStates.ts';

const wish = { view: 'nodes', around: 7 } as const;

async function opened(): Promise<{
  server: FakeServer;
  document: ModelDocument;
  notices: Notice[];
}> {
  const server = new FakeServer();
  const uri = fileUri('/models/net.onnx');
  const document = new ModelDocument(uri, modelState().target, server, {
    fingerprint: () => Promise.resolve('as opened'),
  });
  const notices: Notice[] = [];
  document.onNotice((notice) => notices.push(notice));
  await document.open();
  return { server, document, notices };
}

describe('ModelQuestions', () => {
  it('asks for the graph with the revision of now', async () => {
    const { server, document } = await opened();
    const { layout } = await document.questions.layoutGraph(wish, new AbortController().signal);
    assert.ok(layout);
    assert.deepEqual(server.sent.at(-1), {
      method: 'graph',
      params: { ...wish, uri: document.uri.toString(), revision: document.state?.revision },
    });
  });

  it('has no graph when it was stopped, and a fault when it was refused', async () => {
    const { server, document } = await opened();
    const stop = new AbortController();
    const stopped = document.questions.layoutGraph(wish, stop.signal);
    stop.abort();
    assert.deepEqual(await stopped, {});
    const fault = { code: 'no-layout', message: 'Laying it out took too long.' };
    server.failNext('graph', fault);
    const refused = await document.questions.layoutGraph(wish, new AbortController().signal);
    assert.deepEqual(refused, { fault });
  });

  it('tells what was refused of a layer or its folds, and gives nothing', async () => {
    const { server, document, notices } = await opened();
    const fault = { code: 'no-layer', message: 'There is no such layer.' };
    server.failNext('layer', fault);
    server.failNext('folds', fault);
    assert.equal(await document.questions.describe(9), undefined);
    assert.equal(await document.questions.listFolds([9]), undefined);
    assert.deepEqual(notices, [
      { kind: 'failed', title: 'Measuring layer', fault },
      { kind: 'failed', title: 'Looking for batch norms', fault },
    ]);
  });

  it('asks again once a change that was faster is answered', async () => {
    const { server, document, notices } = await opened();
    let open = (): void => undefined;
    server.late = new Promise((resolve) => (open = resolve));
    const changing = document.apply([{ step: 'fold' }]);
    await turn(); // the server has done it
    const asked = document.questions.describe(1);
    await turn(); // and refused what was asked of the model before
    open();
    await changing;
    assert.ok(await asked);
    assert.deepEqual(notices, []);
  });

  it('tells nothing of a model that was closed', async () => {
    const { server, document, notices } = await opened();
    server.failNext('folds', { code: 'no-layer', message: 'There is no such layer.' });
    const asked = document.questions.listFolds([9]);
    document.dispose();
    assert.equal(await asked, undefined);
    assert.deepEqual(notices, []);
  });
});
