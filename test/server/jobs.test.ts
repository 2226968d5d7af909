import assert from 'node:assert/strict';
import { Cancelled } from '../../server/core/job.ts';
import { createJob, StopSwitch } from '../../server/jobs.ts';

/** Keeps the processor busy, as a kernel does. */
function spin(forMs: number): void {
  const end = performance.now() + forMs;
  while (performance.now() < end);
}

describe('createJob', () => {
  it('lets mail be read while it works', async () => {
    const job = createJob(new StopSwitch(), undefined, 5);
    let read = 0;
    setImmediate(() => read++);
    spin(10);
    await job.checkpoint(1, 2);
    assert.equal(read, 1);
  });

  it('lets mail by before the next of several jobs goes on', async () => {
    const order: string[] = [];
    const work = async (name: string): Promise<void> => {
      await createJob(new StopSwitch(), undefined, 0).checkpoint(0, 1);
      order.push(name);
      // As a connection does: what has come is answered in a turn of its own.
      if (name === 'first') setImmediate(() => order.push('mail'));
    };
    await Promise.all([work('first'), work('second')]);
    assert.deepEqual(order, ['first', 'mail', 'second']);
  });

  it('does not give a turn before its time is up', async () => {
    const job = createJob(new StopSwitch(), undefined, 60_000);
    let read = 0;
    setImmediate(() => read++);
    for (let i = 0; i < 100; i++) await job.checkpoint(i, 100);
    assert.equal(read, 0);
  });

  it('throws at the checkpoint after a stop that arrived as mail', async () => {
    const flag = new StopSwitch();
    const job = createJob(flag, undefined, 1);
    setImmediate(() => flag.stop());
    spin(3);
    await assert.rejects(job.checkpoint(0, 1), Cancelled);
  });

  it('reports the share done in percent, and what at', async () => {
    const reports: unknown[] = [];
    const report = (...said: unknown[]): void => void reports.push(said);
    const job = createJob(new StopSwitch(), { report }, 0);
    await job.checkpoint(1, 4, 'conv1');
    assert.deepEqual(reports, [[25, 'conv1']]);
  });

  it('reports no more often than every 100 ms: nobody would see it', async () => {
    let reports = 0;
    const job = createJob(new StopSwitch(), { report: () => (reports += 1) }, 0);
    const began = performance.now();
    for (let i = 1; i <= 1000; i++) await job.checkpoint(i, 1000);
    const most = 1 + Math.floor((performance.now() - began) / 100);
    assert.ok(reports <= most, `${reports} of ${most}`);
  });

  it('reports nothing done of an empty list', async () => {
    const reports: unknown[] = [];
    const job = createJob(new StopSwitch(), { report: (share) => void reports.push(share) }, 0);
    await job.checkpoint(0, 0);
    assert.deepEqual(reports, [0]);
  });
});
