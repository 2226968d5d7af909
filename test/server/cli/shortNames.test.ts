import assert from 'node:assert/strict';
import { shortNamesOf } from '../../../server/cli/shortNames.ts';

describe('names in the text for people', () => {
  const joined = 'net/conv2d/Relu;net/conv2d/BiasAdd;net/conv2d_2/Conv2D;net/conv2d/BiasAdd/Read:0';
  const twin = joined.replace('conv2d/BiasAdd;', 'conv2d/BiasSub;');

  it('lose the path that all begin with, which is said', () => {
    const { note, text } = shortNamesOf(['net/a', 'net/b/c']);
    assert.deepEqual(note, ['Names are shown without "net/", with which all layers begin.']);
    assert.equal(text('net/b/c'), 'b/c');
    assert.equal(text('Refused. net/a → net/b/c: no.'), 'Refused. a → b/c: no.');
    assert.deepEqual(shortNamesOf(['a', 'b']).note, []);
  });

  it('are cut in their middle where a converter joined many, alone and in sentences', () => {
    const { text } = shortNamesOf([joined, 'net/b']);
    const short = text(joined);
    assert.equal(short.length, 59);
    assert.match(short, /^conv2d\/Relu;.*….*\/BiasAdd\/Read:0$/);
    assert.equal(
      text(`Refused. ${joined} → net/b: no statistics.`),
      `Refused. ${short} → b: no statistics.`,
    );
    assert.equal(text('net/b'), 'b');
  });

  it('stay whole where two would be cut to the same', () => {
    const { text } = shortNamesOf([joined, twin]);
    assert.notEqual(text(joined), text(twin));
  });
});
