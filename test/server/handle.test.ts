import assert from 'node:assert/strict';
import { Cancelled } from '../../server/core/job.ts';
import { EngineFault } from '../../server/engines/engine.ts';
import { BadFile } from '../../server/formats/badFile.ts';
import { toResponseError } from '../../server/handle.ts';
import { Refused } from '../../server/refused.ts';
import { WrongOption } from '../../server/runSteps.ts';

describe('toResponseError', () => {
  const refused = { code: 'truncated', message: 'cut short', offset: 12, where: 'w', remedy: 'r' };
  const cases = [
    { name: 'stopped', thrown: new Cancelled(), code: -32800, data: undefined, logs: 0 },
    { name: 'refused', thrown: new Refused(refused), code: -32803, data: refused, logs: 0 },
    {
      name: 'a wrong option',
      thrown: new WrongOption('unknown option "x"'),
      code: -32803,
      data: { code: 'wrong-option', message: 'unknown option "x"' },
      logs: 0,
    },
    {
      name: 'an engine that cannot run the model',
      thrown: new EngineFault('cannot-load', 'no such operator', 'MyOp'),
      code: -32803,
      data: { code: 'cannot-load', message: 'no such operator', where: 'MyOp' },
      logs: 0,
    },
    {
      name: 'a file that changed underneath',
      thrown: new BadFile(refused),
      code: -32803,
      data: refused,
      logs: 0,
    },
    {
      name: 'a folder that is gone',
      thrown: Object.assign(new Error('ENOENT: lstat'), { code: 'ENOENT', path: '/gone/m.onnx' }),
      code: -32803,
      data: {
        code: 'file-missing',
        message: '/gone/m.onnx is not there.',
        where: '/gone/m.onnx',
        remedy: 'Put it back, or save it elsewhere with Save As.',
      },
      logs: 0,
    },
    {
      name: 'a disk that fails',
      thrown: Object.assign(new Error('EIO: read'), { code: 'EIO' }),
      code: -32803,
      data: {
        code: 'disk',
        message: 'A file that is needed could not be read or written: the disk failed.',
        remedy: 'Save it elsewhere with Save As.',
      },
      logs: 0,
    },
    {
      name: 'a bug of ours',
      thrown: new TypeError('x of undefined'),
      code: -32603,
      data: undefined,
      logs: 1,
    },
    { name: 'a bug that throws no error', thrown: 'oops', code: -32603, data: undefined, logs: 1 },
  ];
  for (const { name, thrown, code, data, logs } of cases) {
    it(name, () => {
      const logged: string[] = [];
      const error = toResponseError(thrown, (text) => void logged.push(text));
      assert.equal(error.code, code);
      assert.deepEqual(error.data, data);
      assert.equal(logged.length, logs);
    });
  }

  it('leaves it to the host to call a bug one of ours, once', () => {
    assert.equal(
      toResponseError(new TypeError('x of undefined'), () => undefined).message,
      'x of undefined',
    );
  });

  it('logs a bug with its stack', () => {
    const logged: string[] = [];
    toResponseError(new TypeError('x of undefined'), (text) => void logged.push(text));
    assert.match(logged.join(), /x of undefined[\s\S]*handle\.test\.ts/);
  });
});
