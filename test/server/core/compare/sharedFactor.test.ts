import assert from 'node:assert/strict';
import { gridFindings } from '../../../../server/core/compare/gridFindings.ts';
import { observed } from '../../../kit/observed.ts';

describe('gridFindings of inputs of another scale', () => {
  it('says first what nearly all have in common: inputs of another scale', () => {
    const found = gridFindings([
      observed('conv1', [0, 1], [0, 50]),
      observed('conv2', [0, 2], [0, 130]),
      observed('conv3', [0, 1], [0, 17]),
      observed('dense', [-1, 1], [-60, 40]),
      observed('softmax', [0, 1], [0, 1]),
    ]);
    assert.equal(
      found[0]?.message,
      '4 of 5 ranges are about 50 times as wide as their grids (17 to 65 times): are the inputs of another scale than those it was calibrated on? "scale" of the preprocessing brings them to it.',
    );
    assert.deepEqual(
      [found[0]?.code, found[0]?.severity, found[0]?.value],
      ['clipped-range', 'error', 'conv2'],
    );
    assert.deepEqual(
      found.slice(1).map(({ value }) => value),
      ['conv2', 'dense', 'conv1', 'conv3'],
    );
    assert.ok(!found.some(({ message }) => /Rounded layers before/.test(message)));
  });

  it('names no endless factor, of a grid that ends at 0', () => {
    const found = gridFindings([
      observed('conv1', [0, 1], [0, 50]),
      observed('conv2', [0, 2], [0, 130]),
      observed('conv3', [0, 1], [0, 60]),
      observed('conv4', [0, 1], [0, 70]),
      observed('conv5', [0, 1], [-3, 50]),
    ]);
    assert.match(found[0]?.message ?? '', /^All 5 ranges .* \(50 times and more\): are/);
  });

  it('blames no inputs where factors are unlike, or most grids fit', () => {
    const unlike = [1.5, 40, 3, 900].map((to, at) => observed(`conv${at}`, [0, 1], [0, to]));
    const few = [50, 52, 51, 1, 1].map((to, at) => observed(`conv${at}`, [0, 1], [0, to]));
    for (const one of [unlike, few]) {
      assert.ok(!gridFindings(one).some(({ message }) => /another scale than those/.test(message)));
    }
  });
});
