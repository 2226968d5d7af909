import assert from 'node:assert/strict';
import { headsOf } from '../../../server/toWire/comparisonHeads.ts';

describe('what two sides of a comparison are called over a column', () => {
  const cases: readonly (readonly [
    what: string,
    names: readonly [string, string],
    heads: readonly [string, string],
  ])[] = [
    ['names that fit', ['vendor.onnx', 'now'], ['vendor.onnx', 'now']],
    [
      'what long names do not share',
      ['micro_kws_m_static_fp32.onnx', 'micro_kws_m_static_qdq.onnx'],
      ['…fp32.onnx', '…qdq.onnx'],
    ],
    [
      'both ends of a long one',
      ['a-very-long-name-of-a-model.onnx', 'now'],
      ['a-very…-model.onnx', 'now'],
    ],
    ['nothing that tells two of one name apart', ['net.onnx', 'net.onnx'], ['first', 'second']],
  ];
  for (const [what, names, heads] of cases) {
    it(what, () => {
      assert.deepEqual(headsOf(...names), heads);
      assert.ok(heads.every((head) => head.length <= 18));
    });
  }
});
