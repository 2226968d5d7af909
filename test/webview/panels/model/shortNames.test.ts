import assert from 'node:assert/strict';
import { shortNames } from '../../../../webview/panels/model/shortNames.ts';

describe('short names', () => {
  const keras = shortNames([
    'Stateful/net_0.5/LAYER_1/Conv2D',
    'Stateful/net_0.5/LAYER_11/Conv2D',
    'Stateful/net_0.5/LAYER_2/depthwise',
  ]);
  it('leave out the path that all layers share', () => {
    assert.equal(keras.name('Stateful/net_0.5/LAYER_1/Conv2D'), 'LAYER_1/Conv2D');
    assert.equal(keras.name('Stateful/net_0.5/LAYER_9/Relu6:0'), 'LAYER_9/Relu6:0');
    assert.equal(keras.name('Identity:0'), 'Identity:0');
  });
  it('within sentences, whatever stands around them', () => {
    assert.equal(
      keras.text(
        'Worst: Stateful/net_0.5/LAYER_1/Conv2D. It (Stateful/net_0.5/LAYER_2/depthwise) has 0.5 dB.',
      ),
      'Worst: LAYER_1/Conv2D. It (LAYER_2/depthwise) has 0.5 dB.',
    );
    assert.equal(
      keras.text('Stateful/net_0.5/LAYER_1/Conv2D → Stateful/net_0.5/LAYER_2/depthwise'),
      'LAYER_1/Conv2D → LAYER_2/depthwise',
    );
  });
  it('leave out what was fused, where the first name tells layers apart', () => {
    const fused = shortNames([
      'kws/conv_1/Relu;kws/conv_1/Bias;kws/conv_2/Read',
      'kws/conv_2/Relu;kws/conv_2/Bias',
    ]);
    assert.equal(fused.name('kws/conv_1/Relu;kws/conv_1/Bias;kws/conv_2/Read'), 'conv_1/Relu');
    assert.equal(
      fused.text('from kws/conv_2/Relu;kws/conv_2/Bias to more'),
      'from conv_2/Relu to more',
    );
  });
  it('stay whole where they would be the same', () => {
    const same = shortNames(['a/relu;b/one', 'a/relu;b/two']);
    assert.equal(same.name('a/relu;b/one'), 'relu;b/one');
  });
  it('tell the layers apart first, and values by more', () => {
    const layers = ['kws/conv2d/Relu;kws/conv2d/Read', 'kws/conv2d_1/Relu;kws/conv2d_1/Read'];
    const input = 'kws/conv2d/Relu;kws/conv2d/Read__28:0';
    const names = shortNames(layers, [input, 'Relu__5:0', 'kws/dense/MatMul']);
    assert.deepEqual(
      layers.map((name) => names.name(name)),
      ['conv2d/Relu', 'conv2d_1/Relu'],
    );
    assert.equal(names.name(input), 'conv2d/Relu;kws/conv2d/Read__28:0');
    assert.equal(names.name('Relu__5:0'), 'Relu__5:0');
    assert.equal(names.name('kws/dense/MatMul'), 'dense/MatMul');
    assert.equal(names.text(`ends at ${input}.`), 'ends at conv2d/Relu;kws/conv2d/Read__28:0.');
  });
  it('never give one name the name of another', () => {
    const names = shortNames(['a/x/conv', 'a/y/conv'], ['x/conv']);
    assert.deepEqual(
      ['a/x/conv', 'a/y/conv', 'x/conv'].map((name) => names.name(name)),
      ['a/x/conv', 'y/conv', 'x/conv'],
    );
  });
  it('stay as they are without a path', () => {
    const plain = shortNames(['conv_1', 'conv_2']);
    assert.equal(plain.name('conv_1'), 'conv_1');
    assert.equal(plain.text('conv_1; and conv_2.'), 'conv_1; and conv_2.');
    assert.equal(shortNames(['a/b']).name('a/b'), 'a/b');
    assert.equal(shortNames([]).name('x'), 'x');
  });
});
