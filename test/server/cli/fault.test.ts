import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { faultOf } from '../../../server/cli/fault.ts';
import { BadFile } from '../../../server/formats/badFile.ts';

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

describe('what a throw amounts to on the command line', () => {
  it('names a file that is gone, and does not call it a bug', () => {
    const { exit, code, message, where } = faultOf(thrownBy(() => readFileSync('/no/such/file')));
    assert.deepEqual([exit, code, where], [3, 'file-missing', '/no/such/file']);
    assert.equal(message, '/no/such/file is not there.');
  });

  it('refuses where the disk is full', () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: '/a/b' });
    assert.deepEqual([faultOf(full).exit, faultOf(full).code], [4, 'disk']);
  });

  it('takes a file that changed while it was read for an unreadable one', () => {
    const changed = new BadFile({
      code: 'file-changed',
      message: 'a.h5 has changed.',
      where: 'a.h5',
    });
    assert.deepEqual([faultOf(changed).exit, faultOf(changed).code], [3, 'file-changed']);
  });

  it('calls anything else a bug', () => {
    const { exit, message } = faultOf(new TypeError('x is undefined'));
    assert.deepEqual([exit, message], [5, 'a bug of ours: x is undefined']);
  });
});
