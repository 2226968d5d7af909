import assert from 'node:assert/strict';
import { cutApart, cutInMiddle } from '../../../webview/kit/cutNames.ts';

describe('names that are cut', () => {
  it('lose their middle', () => {
    assert.equal(cutInMiddle('conv_1', 14), 'conv_1');
    assert.equal(cutInMiddle('block_12_depthwise_relu', 14), 'block…ise_relu');
    assert.equal(cutInMiddle('x'.repeat(1000)).length, 48);
  });

  const cases: readonly { names: readonly string[]; why: string }[] = [
    { names: ['conv1', 'conv2'], why: 'short ones stay' },
    {
      names: ['conv2d/BiasAdd/ReadVariableOp', 'conv2d_1/BiasAdd/ReadVariableOp'],
      why: 'their start tells them apart',
    },
    { names: ['stage_1/conv_with_a_name', 'stage_1/conv_with_a_nose'], why: 'their end does' },
  ];
  for (const { names, why } of cases) {
    it(`keep what tells them apart: ${why}`, () => {
      const cut = cutApart(names, 14);
      assert.equal(new Set(cut).size, new Set(names).size, cut.join(' '));
      for (const one of cut) assert.ok(one.length <= 14, one);
    });
  }

  it('keep it where it stands in their middle', () => {
    const names = ['a', 'b', 'c'].map((x) => `${'same'.repeat(10)}_${x}_${'also'.repeat(10)}`);
    const cut = cutApart(names, 14);
    assert.equal(new Set(cut).size, 3, cut.join(' '));
    cut.forEach((one, at) => {
      assert.ok(one.length <= 14 && one.includes(`_${'abc'[at]}_`), one);
    });
  });

  it('are the same where the names are', () => {
    const one = 'x'.repeat(40);
    const cut = cutApart([one, one], 14);
    assert.equal(cut[0], cut[1]);
  });

  it('tell models apart that differ in a letter', () => {
    const heads = cutApart(['mobilenet_v1.onnx', 'mobilenet_v2.onnx'], 11);
    assert.notEqual(heads[0], heads[1]);
  });
});
