import assert from 'node:assert/strict';
import type { Dimension } from '../../../../server/core/graph/graph.ts';
import { isPadded, paddingOf } from '../../../../server/core/graph/padding.ts';
import { node, type AttributeSpec } from '../../../kit/graphs.ts';

describe('padding of a window', () => {
  const cases: {
    name: string;
    attributes: Record<string, AttributeSpec>;
    kernel?: number[];
    input?: Dimension[];
    expected: ([number, number] | undefined)[];
  }[] = [
    {
      name: 'no pads: 0',
      attributes: {},
      expected: [
        [0, 0],
        [0, 0],
      ],
    },
    {
      name: 'pads: begins first, then ends',
      attributes: { pads: [1, 2, 3, 4] },
      expected: [
        [1, 3],
        [2, 4],
      ],
    },
    {
      name: 'VALID does not look at pads',
      attributes: { auto_pad: 'VALID', pads: [1, 1, 1, 1] },
      expected: [
        [0, 0],
        [0, 0],
      ],
    },
    // (ceil(7/2) - 1)*2 + 3 - 7 = 2 and (ceil(8/2) - 1)*2 + 3 - 8 = 1
    {
      name: 'SAME_UPPER: the odd one behind',
      attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
      expected: [
        [1, 1],
        [0, 1],
      ],
    },
    {
      name: 'SAME_LOWER: the odd one before',
      attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
      expected: [
        [1, 1],
        [1, 0],
      ],
    },
    // dilation 3: (7 - 1) + 3*2 + 1 - 7 = 6
    {
      name: 'SAME with dilation',
      attributes: { auto_pad: 'SAME_UPPER', dilations: [3, 1] },
      expected: [
        [3, 3],
        [1, 1],
      ],
    },
    {
      name: 'SAME of a kernel of 1 never pads',
      attributes: { auto_pad: 'SAME_UPPER', strides: [3, 3] },
      kernel: [1, 1],
      input: ['N', 4, 'H', undefined],
      expected: [
        [0, 0],
        [0, 0],
      ],
    },
    {
      name: 'SAME of a size that is not known',
      attributes: { auto_pad: 'SAME_UPPER' },
      input: ['N', 4, 'H', 8],
      expected: [undefined, [1, 1]],
    },
    {
      name: 'SAME of a stride that fits',
      attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
      kernel: [2, 2],
      input: [1, 4, 6, 8],
      expected: [
        [0, 0],
        [0, 0],
      ],
    },
  ];
  for (const { name, attributes, kernel = [3, 3], input = [1, 4, 7, 8], expected } of cases) {
    it(name, () => {
      const conv = node('Conv', ['x', 'w'], ['y'], attributes);
      const found = { ...conv, id: 0 };
      assert.deepEqual(paddingOf(found, kernel, input), expected);
      const pads = expected.some((pad) => !pad || pad[0] !== 0 || pad[1] !== 0);
      assert.equal(isPadded(found, kernel, input), pads);
    });
  }
});
