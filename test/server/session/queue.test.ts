import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Queue } from '../../../server/session/queue.ts';

describe('Queue', () => {
  it('runs one at a time, in the order they came', async () => {
    const queue = new Queue();
    const seen: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      seen.push(`${name} begins`);
      await turn();
      seen.push(`${name} ends`);
    };
    await Promise.all([queue.run(work('a')), queue.run(work('b'))]);
    assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('goes on after one that failed, which alone fails', async () => {
    const queue = new Queue();
    const failed = queue.run(() => Promise.reject(new Error('no')));
    const next = queue.run(() => Promise.resolve('yes'));
    await assert.rejects(failed, /no/);
    assert.equal(await next, 'yes');
  });
});
