import { strict as assert } from 'node:assert';
import { ping } from '../../../server/protocol/requests.ts';
import { api, closeAll, open, run, until, untilApplied, untilDirty } from './window.ts';

describe('the model server', () => {
  afterEach(closeAll);

  it('runs in a process of its own', async () => {
    const { server } = await api();
    const { pid } = await server.ask(ping, null);
    assert.notEqual(pid, process.pid);
  });

  it('comes back when it is killed, with the corrections', async () => {
    const { server } = await api();
    const document = await open('net.onnx');
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    const { pid } = await server.ask(ping, null);
    const restarted = new Promise<void>((resolve) => {
      const waiting = server.onRestart(() => {
        waiting.dispose();
        resolve();
      });
    });
    process.kill(pid, 'SIGKILL');
    await restarted;
    await run('rangefinder.equalizeLayers');
    assert.notEqual((await server.ask(ping, null)).pid, pid);
    assert.deepEqual(
      document.state?.changes.map(({ step }) => step),
      ['fold', 'equalize'],
    );
    await run('undo');
    await untilApplied(document, 'fold');
    await run('undo');
    await untilApplied(document);
    await run('redo');
    await untilApplied(document, 'fold');
  });

  it('does again what a kill interrupts', async () => {
    const { server } = await api();
    const document = await open('net.onnx');
    const { pid } = await server.ask(ping, null);
    const folding = run('rangefinder.foldBatchNorms');
    process.kill(pid, 'SIGKILL');
    await folding;
    await until('the fold is there', () => document.state?.changes.length === 1);
  });

  it('can be started again by command', async () => {
    const { server } = await api();
    const document = await open('net.onnx');
    const { pid } = await server.ask(ping, null);
    await server.restart();
    assert.notEqual((await server.ask(ping, null)).pid, pid);
    await until('the model is open again', () => document.state?.isComplete);
  });

  it('is stopped in the middle, and the model is as it was', async () => {
    const document = await open('net.onnx');
    const stopping = document.onJob((job) => job.stop());
    await run('rangefinder.equalizeLayers');
    stopping.dispose();
    assert.deepEqual(document.state?.changes, []);
    assert.equal(document.isDirty, false);
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
  });
});
