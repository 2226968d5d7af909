import assert from 'node:assert/strict';
import { settingsFolders } from '../../src/settingsFolders.ts';

describe('folders of settings files that nobody else watches', () => {
  const isIn =
    (...open: readonly string[]) =>
    (folder: string): boolean =>
      open.some((one) => folder === one || folder.startsWith(`${one}/`));

  it('are none where the file that is obeyed is in the workspace', () => {
    const file = '/team/ws/rangefinder.json';
    assert.deepEqual(settingsFolders('/team/ws/nets/a.onnx', file, isIn('/team/ws')), []);
  });

  it('reach from above the workspace up to the file that is obeyed', () => {
    const file = '/home/team/rangefinder.json';
    assert.deepEqual(settingsFolders('/home/team/all/ws/a.onnx', file, isIn('/home/team/all/ws')), [
      '/home/team/all',
      '/home/team',
    ]);
  });

  it('reach up to the root where no file is obeyed yet', () => {
    const model = '/team/ws/nets/a.onnx';
    assert.deepEqual(settingsFolders(model, undefined, isIn('/team/ws')), ['/team', '/']);
    assert.deepEqual(settingsFolders('/a.onnx', undefined, isIn('/team')), ['/']);
  });

  it('begin at the model where it is outside of the workspace', () => {
    const model = '/tmp/nets/a.onnx';
    assert.deepEqual(settingsFolders(model, '/tmp/nets/rangefinder.json', isIn('/team')), [
      '/tmp/nets',
    ]);
    assert.deepEqual(settingsFolders(model, '/tmp/rangefinder.json', isIn('/team', '/tmp')), []);
  });
});
