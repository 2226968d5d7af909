import assert from 'node:assert/strict';
import type { Fault } from '../../../server/protocol/requests.ts';
import { KeptChoices } from '../../../src/keptChoices.ts';
import { ModelDocument } from '../../../src/editor/modelDocument.ts';
import type { Notice } from '../../../src/editor/notice.ts';
import { Stopped } from '../../../src/server/answers.ts';
import { FakeServer } from '../fakeServer.ts';
import { fileUri } from '../fileUri.ts';
import { modelState } from '../modelStates.ts';

const data = { path: '/data/pictures' };

interface Bench {
  readonly server: FakeServer;
  readonly document: ModelDocument;
  readonly notices: readonly Notice[];
}

async function bench(): Promise<Bench> {
  const server = new FakeServer();
  const disk = { fingerprint: () => Promise.resolve('as opened') };
  const { target } = modelState();
  const document = new ModelDocument(fileUri('/models/net.onnx'), target, server, disk);
  const notices: Notice[] = [];
  document.onNotice((notice) => notices.push(notice));
  await document.open();
  return { server, document, notices };
}

const paths = ({ server }: Bench): unknown[] =>
  server.sent.filter(({ method }) => method === 'data').map(({ params }) => params['data']);

describe('the samples of a document', () => {
  it('are chosen, are no edit, and are let go again', async () => {
    const at = await bench();
    assert.equal(await at.document.data.choose(data), true);
    assert.deepEqual(at.document.data.choice, data);
    assert.equal(at.document.isDirty, false);
    await at.document.data.choose(undefined);
    assert.equal(at.document.data.choice, undefined);
    assert.deepEqual(paths(at), [data, undefined]);
  });

  it('stay what they were when others cannot be opened, and that is told with a way on', async () => {
    const at = await bench();
    await at.document.data.choose(data);
    at.server.failNext('data', { code: 'no-data', message: 'The folder is empty.' });
    assert.equal(await at.document.data.choose({ path: '/data/empty' }), false);
    assert.deepEqual(at.document.data.choice, data);
    assert.deepEqual(at.notices, [
      {
        kind: 'failed',
        title: 'Opening samples',
        fault: { code: 'no-data', message: 'The folder is empty.' },
        again: 'chooseSamples',
      },
    ]);
  });

  const open = (name: string): Partial<Fault> => ({
    code: 'dynamic-dimension',
    message: `The dimension "${name}" is open.`,
    where: name,
    remedy: `Choose it: set "dims": {"${name}": SIZE} in rangefinder.json beside the model.`,
  });

  it('ask once for each size that is open, and keep the answers', async () => {
    const at = await bench();
    for (const name of ['height', 'width']) at.server.failNext('data', open(name));
    const asked: string[] = [];
    const sizes = [224, 192];
    const answer = (name: string): Promise<number | undefined> => {
      asked.push(name);
      return Promise.resolve(sizes.shift());
    };
    assert.equal(await at.document.data.choose(data, answer), true);
    assert.deepEqual(asked, ['height', 'width']);
    assert.deepEqual(at.document.data.choice, { ...data, dims: { height: 224, width: 192 } });
    assert.deepEqual(paths(at), [
      data,
      { ...data, dims: { height: 224 } },
      { ...data, dims: { height: 224, width: 192 } },
    ]);
    assert.deepEqual(at.notices, []);
  });

  it('stay what they were when a size is not given, and say what is wrong where nobody asks', async () => {
    const at = await bench();
    at.server.failNext('data', open('height'));
    assert.equal(await at.document.data.choose(data, () => Promise.resolve(undefined)), false);
    assert.equal(at.document.data.choice, undefined);
    assert.deepEqual(at.notices, []);
    at.server.failNext('data', open('height'));
    assert.equal(await at.document.data.choose(data), false);
    assert.equal(at.notices.length, 1);
  });

  it('do not ask for the same size twice, nor for what is no dimension', async () => {
    const at = await bench();
    at.server.failNext('data', open('height'));
    at.server.failNext('data', open('height'));
    const answer = (): Promise<number> => Promise.resolve(3);
    assert.equal(await at.document.data.choose(data, answer), false);
    assert.equal(at.notices.length, 1);
    at.server.failNext('data', { ...open('x'), remedy: 'Give an .npy or .npz.' });
    assert.equal(await at.document.data.choose(data, answer), false);
    assert.equal(at.notices.length, 2);
  });

  it('are opened again after the server ended', async () => {
    const at = await bench();
    await at.document.data.choose(data);
    at.server.die({ isBack: false });
    await at.document.apply([{ step: 'fold' }]);
    assert.deepEqual(paths(at), [data, data]);
    assert.deepEqual(at.notices, []);
  });

  it('are let go where they cannot be opened again: the model is there without them', async () => {
    const at = await bench();
    await at.document.data.choose(data);
    at.server.die({ isBack: false });
    at.server.failNext('data', { code: 'file-missing', message: 'It is gone.' });
    await at.document.apply([{ step: 'fold' }]);
    assert.equal(at.document.data.choice, undefined);
    assert.equal(at.document.state?.changes.length, 1);
  });

  it('are measured; what a stop leaves stays, and can be gone on with', async () => {
    const at = await bench();
    at.server.failNext('measure', new Stopped());
    await at.document.data.measure(true);
    assert.deepEqual(at.notices, [
      {
        kind: 'stopped',
        text: 'Measuring sensitivity: what was measured stays.',
        again: 'measureSensitivity',
      },
    ]);
  });

  it('are measured on by the server when the model changed meanwhile: nothing is told', async () => {
    const at = await bench();
    at.server.failNext('measure', { code: 'superseded', message: 'changed' });
    await at.document.data.measure(false);
    assert.deepEqual(at.notices, []);
    assert.deepEqual(
      at.server.methods,
      ['open', 'measure'],
      'once: what changes it is stopped next',
    );
  });

  it('are remembered with the workspace, model by model', async () => {
    const kept = new Map<string, unknown>();
    const memory = {
      keys: () => [...kept.keys()],
      get: (key: string) => kept.get(key),
      update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
    };
    const choices = new KeptChoices(memory as ConstructorParameters<typeof KeptChoices>[0]);
    const [one, other] = [fileUri('/models/a.onnx'), fileUri('/models/b.onnx')];
    await choices.set(one, data);
    assert.deepEqual(choices.get(one), data);
    assert.equal(choices.get(other), undefined);
    await choices.set(one, undefined);
    assert.equal(choices.get(one), undefined);
    for (const odd of [3, null, {}, { path: '' }, { path: 7 }]) {
      kept.set(`samples:${other.toString()}`, odd);
      assert.equal(choices.get(other), undefined);
    }
  });
});
