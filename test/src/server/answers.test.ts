import assert from 'node:assert/strict';
import { Refused, ServerLost, toFault, toSentence } from '../../../src/server/answers.ts';

describe('what an answer means', () => {
  it('writes a fault as what, where, what to do', () => {
    const fault = {
      code: 'truncated',
      message: 'The file ends early',
      offset: 12345,
      remedy: 'Copy it again.',
    };
    assert.equal(toSentence(fault), 'The file ends early. At byte 12,345. Copy it again.');
    assert.equal(toSentence({ code: 'x', message: 'No weights.' }), 'No weights.');
    assert.equal(
      toSentence({ code: 'x', message: 'NaN weights', where: 'conv1' }),
      'NaN weights (conv1).',
    );
    const whole = { code: 'x', message: 'It is full.', where: '/disk', remedy: 'Make room.' };
    assert.equal(toSentence(whole), 'It is full (/disk). Make room.');
    const damaged = { code: 'x', message: 'It is damaged at byte 11.', offset: 11 };
    assert.equal(toSentence(damaged), damaged.message);
    const gone = { code: 'x', message: 'a.onnx is gone.', where: 'a.onnx' };
    assert.equal(toSentence(gone), 'a.onnx is gone.');
  });

  it('keeps the fault of a refusal', () => {
    const fault = { code: 'stale', message: 'Moved on.' };
    assert.equal(toFault(new Refused(fault)), fault);
  });

  it('says of an ended server that nothing is lost', () => {
    assert.match(toFault(new ServerLost()).remedy ?? '', /No correction is lost/);
  });

  it('calls anything else a bug of ours', () => {
    const { code, message } = toFault(new TypeError('x is not a function'));
    assert.equal(code, 'bug');
    assert.match(message, /^A bug of ours: x is not/);
    assert.equal(toFault(new Error(message)).message, message, 'the server has said it already');
  });
});
