import { strict as assert } from 'node:assert';
import { cpSync, rmSync } from 'node:fs';
import type { RunningJob } from '../../../src/editor/job.ts';
import { tryAll } from './walk.ts';
import { api, closeAll, file, open, until } from './window.ts';

describe('every command while a step runs', () => {
  afterEach(closeAll);

  it('refuses, waits or works, and the step goes on', async () => {
    cpSync(file('sample/sample.onnx').fsPath, file('walkedBusy.onnx').fsPath);
    const { uri } = await open('walkedBusy.onnx');
    const { models } = await api();
    let step: RunningJob | undefined;
    const failed: string[] = [];
    const prepare = async (): Promise<void> => {
      const document = await until('the model is read', () => {
        const found = models.find(uri);
        return found?.state && found;
      });
      if (!document.data.choice)
        assert.equal(await document.data.choose({ path: 'synthetic:1' }), true);
      const listening = document.onJob((job) => (step = job));
      document.onNotice((notice) => {
        if (notice.kind === 'failed' && notice.title === 'Repairing')
          failed.push(notice.fault.message);
      });
      void document.repair();
      listening.dispose();
      assert.equal(document.job?.title, 'Repairing');
    };
    const check = (id: string): string | undefined => {
      const isStopped = step?.isStopped === true;
      if (id !== 'rangefinder.stop' && isStopped) return 'the step was stopped';
      if (id === 'rangefinder.stop' && !isStopped) return 'the step goes on';
      return failed.length > 0 ? failed.splice(0).join('\n') : undefined;
    };
    assert.deepEqual(await tryAll(uri, { prepare, check, patience: 250 }), []);
    await closeAll();
    rmSync(file('walkedBusy.onnx').fsPath);
  });

  it('ends what is measured, so that Cancel stops the step', async () => {
    const document = await open('sample/sample.onnx');
    assert.equal(await document.data.choose({ path: 'synthetic:2' }), true);
    const measuring = document.data.measure(true);
    assert.equal(document.job?.title, 'Measuring sensitivity');
    const repairing = document.repair();
    await until('the step is what runs', () => document.job?.title === 'Repairing');
    document.cancel();
    await Promise.all([measuring, repairing]);
    assert.deepEqual(document.state?.changes, []);
    await document.data.choose(undefined);
  });
});
