"""Makes a model for every layer that Rangefinder runs, in .keras and .h5, with inputs and outputs.

python make.py FOLDER [CASE ...]; Keras 3 (any backend) or Keras 2. Seeded: the same files each time.
python make.py --fixture layers.json.gz: the same models of one sample as JSON, for tests without
Keras. Weights and inputs have the 5 digits that they were rounded to, outputs have 7. Made with
Keras 2.15.1, whose weight names are those of TensorFlow.js.
"""
import gzip
import json
import os
import sys

import numpy as np

os.environ.setdefault('KERAS_BACKEND', 'jax')
import keras  # noqa: E402
from keras import layers as L  # noqa: E402

KERAS = int(keras.__version__.split('.')[0])
fixture = sys.argv[1] == '--fixture'
folder = sys.argv[1]
only = [] if fixture else sys.argv[2:]
random = np.random.default_rng(5)
index = {}


def randomize(model):
    """Weights that no default hides: gammas of both signs, means off zero, variances above it."""
    values = []
    for weight in model.weights:
        name = getattr(weight, 'path', weight.name)
        value = random.normal(0, 0.5, weight.shape)
        if 'variance' in name:
            value = np.abs(value) + 0.3
        elif 'gamma' in name:
            value = value + np.where(value < 0, -0.5, 0.5)
        elif 'count' in name or 'seed' in name:
            value = np.zeros(weight.shape)
        values.append(rounded(value))
    try:
        model.set_weights(values)
    except (TypeError, ValueError):
        for weight, value in zip(model.weights, values):
            if 'seed' not in getattr(weight, 'path', weight.name):
                weight.assign(value)


def rounded(array):
    return np.array([float(f'{v:.5g}') for v in np.ravel(array)], 'float32').reshape(np.shape(array)) if fixture else np.asarray(array, 'float32')


def described(array, digits=5):
    values = [float(f'{v:.{digits}g}') if fixture else float(v) for v in np.ravel(array)]
    return {'dims': list(array.shape), 'values': values}


# Networks and half precision have their own tests; what is not lowered has none.
skipped = {'mobile_relu6', 'mobile_relu', 'residual', 'unet', 'squeeze', 'trained', 'mixed_half', 'prebn',
           'randombrightness', 'normalization_adapted'}


def save(name, model, inputs=None, formats=('keras', 'h5'), keep=False):
    if only and name not in only:
        return
    if not keep:
        randomize(model)
    if fixture and name in skipped:
        return
    if inputs is None:
        inputs = {t.name.split(':')[0]: rounded(random.normal(0, 1, (1 if fixture else 3, *t.shape[1:]))) for t in model.inputs}
    outputs = model.predict(list(inputs.values()) if len(inputs) > 1 else next(iter(inputs.values())), verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    if fixture:
        weights = [{'name': w.name, **described(rounded(w.numpy()))} for w in model.weights if 'seed' not in w.name]
        index[name] = {'architecture': json.loads(model.to_json()), 'weights': weights,
                       'inputs': {k: described(v) for k, v in inputs.items()}, 'outputs': [described(np.asarray(o), 7) for o in outputs]}
        return
    values = {'inputs': {k: described(v) for k, v in inputs.items()}, 'outputs': [described(o) for o in outputs]}
    with open(os.path.join(folder, f'{name}.json'), 'w') as file:
        json.dump(values, file)
    files = []
    for kind in formats:
        path = os.path.join(folder, f'{name}.{kind}')
        try:
            model.save(path)
            files.append(f'{name}.{kind}')
        except Exception as error:  # what Keras itself cannot save is no test of ours
            print(name, kind, repr(error)[:200])
    index[name] = files


def attempt(name, make):
    if only and name not in only:
        return
    keras.backend.clear_session()
    try:
        make(name)
    except Exception as error:
        print('not made:', name, repr(error)[:300])


def one(layer, shape, **more):
    """A model of this layer alone."""
    def make(name):
        x = keras.Input(shape, name='x')
        save(name, keras.Model(x, layer()(x)), **more)
    return make


def stack(*parts, shape):
    def make(name):
        x = keras.Input(shape, name='x')
        y = x
        for part in parts:
            y = part()(y)
        save(name, keras.Model(x, y))
    return make


cases = {}
IMAGE, LINE, CUBE, VECTOR = (6, 5, 4), (7, 4), (5, 4, 4, 2), (6,)
for padding in ('same', 'valid'):
    cases[f'conv1d_{padding}'] = one(lambda p=padding: L.Conv1D(3, 3, padding=p, strides=2, activation='relu'), LINE)
    cases[f'conv2d_{padding}'] = one(lambda p=padding: L.Conv2D(3, (3, 2), padding=p, strides=(2, 1), activation='tanh'), IMAGE)
    cases[f'conv3d_{padding}'] = one(lambda p=padding: L.Conv3D(3, 3, padding=p, strides=(2, 1, 1)), CUBE)
    cases[f'depthwise1d_{padding}'] = one(lambda p=padding: L.DepthwiseConv1D(3, padding=p, depth_multiplier=2), LINE)
    cases[f'depthwise2d_{padding}'] = one(lambda p=padding: L.DepthwiseConv2D(3, padding=p, depth_multiplier=2, strides=2), IMAGE)
    cases[f'separable1d_{padding}'] = one(lambda p=padding: L.SeparableConv1D(3, 3, padding=p, depth_multiplier=2), LINE)
    cases[f'separable2d_{padding}'] = one(lambda p=padding: L.SeparableConv2D(3, 3, padding=p, strides=2, activation='relu'), IMAGE)
    cases[f'conv1dt_{padding}'] = one(lambda p=padding: L.Conv1DTranspose(3, 3, padding=p, strides=2), LINE)
    cases[f'conv2dt_{padding}'] = one(lambda p=padding: L.Conv2DTranspose(3, (3, 4), padding=p, strides=2), IMAGE)
    cases[f'conv3dt_{padding}'] = one(lambda p=padding: L.Conv3DTranspose(3, 3, padding=p, strides=2), CUBE)
    for kind in ('Max', 'Average'):
        for rank, shape in ((1, LINE), (2, IMAGE), (3, CUBE)):
            cases[f'{kind.lower()}pool{rank}d_{padding}'] = one(
                lambda k=kind, r=rank, p=padding: getattr(L, f'{k}Pooling{r}D')(3, strides=2, padding=p), shape)
cases['conv1d_causal'] = one(lambda: L.Conv1D(3, 3, padding='causal', dilation_rate=2), LINE)
cases['conv2d_dilated'] = one(lambda: L.Conv2D(3, 3, padding='same', dilation_rate=2), IMAGE)
cases['conv2d_groups'] = one(lambda: L.Conv2D(6, 3, groups=2), IMAGE)
cases['conv2dt_outpad'] = one(lambda: L.Conv2DTranspose(3, 3, strides=2, padding='same', output_padding=1), IMAGE)
for kind in ('Max', 'Average'):
    for rank, shape in ((1, LINE), (2, IMAGE), (3, CUBE)):
        cases[f'global{kind.lower()}{rank}d'] = one(lambda k=kind, r=rank: getattr(L, f'Global{k}Pooling{r}D')(), shape)
cases['global_keepdims'] = one(lambda: L.GlobalAveragePooling2D(keepdims=True), IMAGE)
cases['dense'] = one(lambda: L.Dense(3, activation='softmax'), VECTOR)
cases['dense_rank3'] = one(lambda: L.Dense(3, activation='gelu'), LINE)
cases['dense_rank4'] = one(lambda: L.Dense(3), IMAGE)
for axis in (1, 2, -1):
    cases[f'bn_axis{axis}'] = one(lambda a=axis: L.BatchNormalization(axis=a), IMAGE)
cases['bn_noscale'] = one(lambda: L.BatchNormalization(scale=False), IMAGE)
cases['bn_nocenter'] = one(lambda: L.BatchNormalization(center=False), VECTOR)
cases['bn_neither'] = one(lambda: L.BatchNormalization(center=False, scale=False), LINE)
cases['ln'] = one(lambda: L.LayerNormalization(), IMAGE)
cases['ln_axes'] = one(lambda: L.LayerNormalization(axis=[1, 2]), IMAGE)
cases['ln_axis1'] = one(lambda: L.LayerNormalization(axis=1, center=False), IMAGE)
if hasattr(L, 'GroupNormalization'):
    cases['gn'] = one(lambda: L.GroupNormalization(2), IMAGE)
    cases['gn_instance'] = one(lambda: L.GroupNormalization(-1), IMAGE)
    cases['gn_line'] = one(lambda: L.GroupNormalization(2, scale=False), LINE)
    cases['gn_vector'] = one(lambda: L.GroupNormalization(2), VECTOR)
if hasattr(L, 'UnitNormalization'):
    cases['unit'] = one(lambda: L.UnitNormalization(), IMAGE)
    cases['unit_axes'] = one(lambda: L.UnitNormalization(axis=[1, 2]), IMAGE)
if hasattr(L, 'RMSNormalization'):
    cases['rms'] = one(lambda: L.RMSNormalization(), LINE)
names = ['relu', 'relu6', 'elu', 'selu', 'gelu', 'swish', 'silu', 'hard_sigmoid', 'sigmoid', 'tanh', 'softplus',
         'softsign', 'exponential', 'softmax', 'log_softmax', 'leaky_relu', 'mish', 'hard_silu', 'hard_swish', 'celu',
         'glu', 'hard_tanh', 'hard_shrink', 'soft_shrink', 'tanh_shrink', 'log_sigmoid', 'squareplus', 'sparse_plus',
         'threshold', 'linear', 'sparsemax', 'sparse_sigmoid']
for name in names:
    cases[f'act_{name}'] = one(lambda n=name: L.Activation(n), IMAGE)
cases['relu_max'] = one(lambda: L.ReLU(max_value=1.5), IMAGE)
cases['relu_all'] = one(lambda: L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.3), IMAGE)
cases['relu_threshold'] = one(lambda: L.ReLU(threshold=0.3), IMAGE)
cases['relu_negative'] = one(lambda: L.ReLU(negative_slope=0.2, max_value=1.0), IMAGE)
cases['leaky'] = one(lambda: L.LeakyReLU(), IMAGE)
cases['elu_alpha'] = one(lambda: L.ELU(alpha=0.5), IMAGE)
cases['softmax_axis'] = one(lambda: L.Softmax(axis=1), IMAGE)
# Keras 3 loads its own .h5 of this one with axis -1.
cases['softmax_axes'] = one(lambda: L.Softmax(axis=[1, 2]), IMAGE, formats=('keras',) if KERAS >= 3 else ('keras', 'h5'))
cases['prelu'] = one(lambda: L.PReLU(), IMAGE)
cases['prelu_shared'] = one(lambda: L.PReLU(shared_axes=[1, 2]), IMAGE)
cases['prelu_shared1'] = one(lambda: L.PReLU(shared_axes=[1]), IMAGE)
cases['prelu_line'] = one(lambda: L.PReLU(), LINE)
cases['prelu_vector'] = one(lambda: L.PReLU(), VECTOR)
for rank, shape, pad in ((1, LINE, (1, 2)), (2, IMAGE, ((1, 0), (2, 1))), (3, CUBE, ((1, 0), (0, 1), (2, 1)))):
    cases[f'zeropad{rank}d'] = one(lambda r=rank, p=pad: getattr(L, f'ZeroPadding{r}D')(p), shape)
    crop = (1, 2) if rank == 1 else tuple((1, 1) for _ in range(rank))
    cases[f'crop{rank}d'] = one(lambda r=rank, c=crop: getattr(L, f'Cropping{r}D')(c), shape)
    cases[f'up{rank}d'] = one(lambda r=rank: getattr(L, f'UpSampling{r}D')(2), shape)
cases['up2d_bilinear'] = one(lambda: L.UpSampling2D((2, 3), interpolation='bilinear'), IMAGE)
cases['resize_bilinear'] = one(lambda: L.Resizing(9, 7), IMAGE)
cases['resize_nearest'] = one(lambda: L.Resizing(9, 7, interpolation='nearest'), IMAGE)
cases['resize_down'] = one(lambda: L.Resizing(3, 2), IMAGE)
cases['resize_crop'] = one(lambda: L.Resizing(4, 4, crop_to_aspect_ratio=True), IMAGE)
cases['rescaling'] = one(lambda: L.Rescaling(1 / 127.5, offset=-1), IMAGE)
cases['rescaling_list'] = one(lambda: L.Rescaling([0.1, 0.2, 0.3, 0.4], offset=[1, 2, 3, 4]), IMAGE)
cases['centercrop'] = one(lambda: L.CenterCrop(4, 3), IMAGE)
cases['normalization'] = one(lambda: L.Normalization(mean=[1, 2, 3, 4], variance=[1, 4, 9, 16]), IMAGE)
cases['normalization_inverse'] = one(lambda: L.Normalization(mean=3.0, variance=2.0, invert=True), IMAGE)


def adapted(name):
    x = keras.Input(IMAGE, name='x')
    layer = L.Normalization()
    layer.adapt(random.normal(3, 2, (10, *IMAGE)).astype('float32'))
    save(name, keras.Model(x, layer(x)), keep=True)


cases['normalization_adapted'] = adapted
cases['flatten'] = stack(lambda: L.Conv2D(3, 3), L.Flatten, lambda: L.Dense(4), shape=IMAGE)
cases['reshape'] = one(lambda: L.Reshape((5, -1, 2)), IMAGE)
cases['reshape_conv'] = stack(lambda: L.Conv2D(3, 2), lambda: L.Reshape((1, 1, -1)), lambda: L.Conv2D(2, 1), shape=IMAGE)
cases['permute'] = one(lambda: L.Permute((3, 1, 2)), IMAGE)
cases['permute_conv'] = stack(lambda: L.Conv2D(3, 2), lambda: L.Permute((2, 1, 3)), lambda: L.Conv2D(2, 2), shape=IMAGE)
cases['repeat'] = one(lambda: L.RepeatVector(3), VECTOR)
cases['dropouts'] = stack(lambda: L.Dropout(0.5), lambda: L.SpatialDropout2D(0.5), lambda: L.GaussianNoise(0.5),
                          lambda: L.GaussianDropout(0.5), L.ActivityRegularization, shape=IMAGE)
cases['alpha_dropout'] = one(lambda: L.AlphaDropout(0.3), IMAGE)
for kind in ('RandomFlip', 'RandomContrast', 'RandomRotation', 'RandomZoom', 'RandomTranslation', 'RandomBrightness'):
    cases[kind.lower()] = stack(lambda k=kind: getattr(L, k)() if k == 'RandomFlip' else getattr(L, k)(0.2, 0.2)
                                if k == 'RandomTranslation' else getattr(L, k)(0.2), lambda: L.Conv2D(2, 2), shape=IMAGE)


def merge(make, shapes, **more):
    def build(name):
        inputs = [keras.Input(shape, name=f'x{i}') for i, shape in enumerate(shapes)]
        save(name, keras.Model(inputs, make()(inputs)), **more)
    return build


for kind in ('Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate'):
    cases[kind.lower()] = merge(getattr(L, kind), [IMAGE] * 3)
cases['subtract'] = merge(L.Subtract, [IMAGE] * 2)
cases['concat_axis1'] = merge(lambda: L.Concatenate(axis=1), [IMAGE] * 2)
cases['concat_line'] = merge(lambda: L.Concatenate(axis=-1), [LINE] * 2)
cases['add_broadcast'] = merge(L.Add, [IMAGE, (1, 1, 4)])
cases['multiply_broadcast'] = merge(L.Multiply, [IMAGE, (6, 5, 1)])
cases['dot'] = merge(lambda: L.Dot(axes=1), [VECTOR] * 2)
cases['dot_rank3'] = merge(lambda: L.Dot(axes=2), [LINE, (3, 4)])
cases['dot_axes'] = merge(lambda: L.Dot(axes=(1, 2)), [LINE, (3, 7)])
cases['dot_normalize'] = merge(lambda: L.Dot(axes=1, normalize=True), [VECTOR] * 2)
for kind in ('LSTM', 'GRU', 'SimpleRNN'):
    rnn = getattr(L, kind)
    cases[kind.lower()] = one(lambda r=rnn: r(3), LINE)
    cases[f'{kind.lower()}_seq'] = one(lambda r=rnn: r(3, return_sequences=True, use_bias=False), LINE)
    cases[f'{kind.lower()}_back'] = one(lambda r=rnn: r(3, go_backwards=True, return_sequences=True), LINE)
    cases[f'{kind.lower()}_relu'] = one(lambda r=rnn: r(3, activation='relu'), LINE)
    cases[f'bi_{kind.lower()}'] = one(lambda r=rnn: L.Bidirectional(r(3)), LINE)
    cases[f'bi_{kind.lower()}_seq'] = one(lambda r=rnn: L.Bidirectional(r(3, return_sequences=True)), LINE)
for mode in ('sum', 'mul', 'ave'):
    cases[f'bi_{mode}'] = one(lambda m=mode: L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=m), LINE)
cases['gru_before'] = one(lambda: L.GRU(3, reset_after=False), LINE)
cases['lstm_hard'] = one(lambda: L.LSTM(3, recurrent_activation='hard_sigmoid'), LINE)
cases['rnn_stack'] = stack(lambda: L.LSTM(3, return_sequences=True), lambda: L.GRU(4), lambda: L.Dense(2), shape=LINE)
cases['td_dense'] = one(lambda: L.TimeDistributed(L.Dense(3, activation='relu')), LINE)
cases['td_conv'] = one(lambda: L.TimeDistributed(L.Conv2D(3, 2)), (3, 6, 5, 2))
cases['td_bn'] = one(lambda: L.TimeDistributed(L.BatchNormalization()), (3, 6, 5, 2))
cases['td_flatten'] = one(lambda: L.TimeDistributed(L.Flatten()), (3, 6, 5, 2))
cases['td_pool'] = one(lambda: L.TimeDistributed(L.MaxPooling2D()), (3, 6, 5, 2))


def mha(name, **options):
    a, b = keras.Input((5, 6), name='a'), keras.Input((7, 4), name='b')
    save(name, keras.Model([a, b], L.MultiHeadAttention(2, 3, **options)(a, b)))


cases['mha'] = mha
cases['mha_nobias'] = lambda name: mha(name, use_bias=False)
cases['mha_value'] = lambda name: mha(name, value_dim=5, output_shape=3)


def self_attention(name):
    a = keras.Input((5, 6), name='a')
    y = L.MultiHeadAttention(2, 3)(a, a)
    y = L.LayerNormalization()(L.Add()([a, y]))
    save(name, keras.Model(a, L.Dense(2)(L.GlobalAveragePooling1D()(y))))


cases['self_attention'] = self_attention
cases['attention'] = merge(L.Attention, [(5, 4), (7, 4)])
cases['attention_scale'] = merge(lambda: L.Attention(use_scale=True), [(5, 4), (7, 4)])
cases['attention_concat'] = merge(lambda: L.Attention(score_mode='concat'), [(5, 4), (7, 4)])
cases['attention_three'] = merge(L.Attention, [(5, 4), (7, 3), (7, 4)])
cases['additive'] = merge(L.AdditiveAttention, [(5, 4), (7, 4)])


def embedding(name, **options):
    x = keras.Input((4,), name='x', dtype='int32')
    y = L.Dense(2)(L.GlobalAveragePooling1D()(L.Embedding(9, 3, **options)(x)))
    save(name, keras.Model(x, y), inputs={'x': random.integers(0, 9, (3, 4)).astype('int32')})


cases['embedding'] = embedding
if hasattr(L, 'EinsumDense'):
    cases['einsum'] = one(lambda: L.EinsumDense('abc,cd->abd', output_shape=(None, 5), bias_axes='d'), LINE)

# channels first
FIRST = (4, 6, 5)
first = {'data_format': 'channels_first'}
cases['cf_conv'] = one(lambda: L.Conv2D(3, 3, padding='same', **first), FIRST)
cases['cf_flatten'] = stack(lambda: L.Conv2D(3, 3, **first), lambda: L.BatchNormalization(axis=1), L.ReLU,
                            lambda: L.MaxPooling2D(2, **first), lambda: L.Flatten(**first), lambda: L.Dense(3), shape=FIRST)
cases['cf_sep'] = stack(lambda: L.SeparableConv2D(3, 3, **first), lambda: L.DepthwiseConv2D(3, **first),
                        lambda: L.GlobalAveragePooling2D(**first), shape=FIRST)
cases['cf_misc'] = stack(lambda: L.ZeroPadding2D(1, **first), lambda: L.UpSampling2D(2, **first),
                         lambda: L.Cropping2D(1, **first), lambda: L.AveragePooling2D(2, **first), shape=FIRST)
cases['cf_transpose'] = one(lambda: L.Conv2DTranspose(3, 3, strides=2, **first), FIRST)


# whole networks
def block(y, filters, stride=1, activation=L.ReLU, **options):
    y = L.Conv2D(filters, 3, strides=stride, padding='same', use_bias=False, **options)(y)
    y = L.BatchNormalization()(y)
    return activation()(y)


def mobile(name, six=True):
    relu = (lambda: L.ReLU(6.0)) if six else L.ReLU
    x = keras.Input((16, 16, 3), name='x')
    y = block(x, 8, 2, relu)
    for width in (8, 12):
        y = L.DepthwiseConv2D(3, padding='same', use_bias=False)(y)
        y = relu()(L.BatchNormalization()(y))
        y = L.Conv2D(width, 1, use_bias=False)(y)
        y = relu()(L.BatchNormalization(scale=False)(y))
    y = L.GlobalAveragePooling2D()(y)
    save(name, keras.Model(x, L.Dense(5, activation='softmax')(y)))


cases['mobile_relu6'] = mobile
cases['mobile_relu'] = lambda name: mobile(name, False)


def residual(name):
    x = keras.Input((12, 12, 3), name='x')
    y = block(x, 8)
    z = L.BatchNormalization()(L.Conv2D(8, 3, padding='same')(block(y, 8)))
    y = L.ReLU()(L.Add()([y, z]))
    z = L.SeparableConv2D(10, 3, padding='same', use_bias=False)(y)
    z = L.ReLU()(L.BatchNormalization()(z))
    z = L.SeparableConv2D(10, 3, padding='same', use_bias=False)(z)
    z = L.BatchNormalization()(z)
    y = L.BatchNormalization()(L.Conv2D(10, 1, strides=1)(y))
    y = L.Add()([y, z])
    y = L.BatchNormalization(name='alone')(L.MaxPooling2D()(y))
    y = L.Flatten()(y)
    save(name, keras.Model(x, [L.Dense(4, activation='relu', name='one')(y), L.Dense(2, name='two')(y)]))


cases['residual'] = residual


def sequential(name):
    model = keras.Sequential([
        keras.Input((12, 12, 3), name='x'), L.Conv2D(6, 3, use_bias=False), L.BatchNormalization(), L.Activation('relu'),
        L.MaxPooling2D(), L.Dropout(0.3), L.Conv2D(8, 3, activation='relu'), L.BatchNormalization(), L.Flatten(),
        L.Dense(16, use_bias=False), L.BatchNormalization(), L.ReLU(), L.Dense(5), L.Softmax()])
    save(name, model)


cases['sequential'] = sequential


def trained(name):
    model = keras.Sequential([keras.Input((8, 8, 2), name='x'), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(),
                              L.Flatten(), L.Dense(3, activation='softmax')])
    model.compile('adam', 'categorical_crossentropy')
    model.fit(random.normal(0, 1, (8, 8, 8, 2)), np.eye(3)[random.integers(0, 3, 8)], verbose=0)
    save(name, model)


cases['trained'] = trained


def nested(name):
    inner = keras.Sequential([keras.Input((8, 8, 4)), L.Conv2D(4, 3, padding='same', use_bias=False),
                              L.BatchNormalization(), L.ReLU()], name='inner')
    i = keras.Input((8, 8, 4))
    deep = keras.Model(i, L.ReLU()(L.BatchNormalization()(L.Conv2D(4, 3, padding='same')(inner(i)))), name='deep')
    x = keras.Input((8, 8, 3), name='x')
    y = block(x, 4)
    y = deep(y)
    y = L.BatchNormalization()(L.Conv2D(5, 3)(y))
    save(name, keras.Model(x, L.Dense(3)(L.GlobalAveragePooling2D()(y))))


cases['nested'] = nested


def shared(name):
    a, b = keras.Input((8, 8, 3), name='a'), keras.Input((8, 8, 3), name='b')
    conv, norm = L.Conv2D(4, 3, use_bias=False), L.BatchNormalization()
    tower = keras.Sequential([keras.Input((6, 6, 4)), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(), L.Flatten()])
    u, v = tower(L.ReLU()(norm(conv(a)))), tower(L.ReLU()(norm(conv(b))))
    save(name, keras.Model([a, b], L.Dense(2)(L.Concatenate()([u, v]))))


cases['shared'] = shared


def shared_apart(name):
    x = keras.Input((8, 8, 4), name='x')
    conv = L.Conv2D(4, 3, padding='same', use_bias=False)
    y = L.ReLU()(L.BatchNormalization()(conv(x)))
    y = L.ReLU()(L.BatchNormalization()(conv(y)))
    save(name, keras.Model(x, L.Dense(2)(L.Flatten()(y))))


cases['shared_apart'] = shared_apart


def prebn(name):
    x = keras.Input((8, 8, 3), name='x')
    y = L.BatchNormalization()(x)
    y = L.Conv2D(4, 3)(y)
    y = L.BatchNormalization()(L.ReLU()(y))
    y = L.DepthwiseConv2D(3)(y)
    y = L.BatchNormalization()(y)
    y = L.BatchNormalization()(L.Flatten()(y))
    y = L.Dense(6, activation='relu')(y)
    y = L.BatchNormalization()(y)
    save(name, keras.Model(x, L.Dense(2)(y)))


cases['prebn'] = prebn


def lines(name):
    x = keras.Input((20, 3), name='x')
    y = L.ReLU()(L.BatchNormalization()(L.Conv1D(6, 3, padding='causal')(x)))
    y = L.ReLU()(L.BatchNormalization()(L.SeparableConv1D(6, 3)(y)))
    y = L.MaxPooling1D()(y)
    y = L.LeakyReLU()(L.BatchNormalization()(L.Conv1D(6, 3)(y)))
    y = L.Bidirectional(L.LSTM(4))(y)
    save(name, keras.Model(x, L.Dense(2)(y)))


cases['lines'] = lines


def unet(name):
    x = keras.Input((16, 16, 3), name='x')
    a = block(x, 4)
    b = block(L.MaxPooling2D()(a), 8)
    c = L.Conv2DTranspose(4, 2, strides=2, use_bias=False)(b)
    c = L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(c))
    y = block(L.Concatenate()([a, c]), 4)
    y = L.UpSampling2D()(y)
    save(name, keras.Model(x, L.Conv2D(1, 1, activation='sigmoid')(y)))


cases['unet'] = unet


def squeeze(name):
    x = keras.Input((12, 12, 4), name='x')
    y = block(x, 8, activation=lambda: L.Activation('swish'))
    z = L.GlobalAveragePooling2D()(y)
    z = L.Reshape((1, 1, 8))(z)
    z = L.Conv2D(2, 1, activation='relu')(z)
    z = L.Conv2D(8, 1, activation='sigmoid')(z)
    y = L.Multiply()([y, z])
    y = L.BatchNormalization()(L.Conv2D(6, 1)(y))
    save(name, keras.Model(x, L.Dense(3)(L.GlobalMaxPooling2D()(y))))


cases['squeeze'] = squeeze


def half(name):
    keras.mixed_precision.set_global_policy('mixed_float16') if KERAS < 3 else keras.config.set_dtype_policy('mixed_float16')
    try:
        x = keras.Input((8, 8, 3), name='x')
        y = block(x, 4)
        y = L.Dense(2, dtype='float32')(L.GlobalAveragePooling2D()(y))
        save(name, keras.Model(x, y))
    finally:
        keras.mixed_precision.set_global_policy('float32') if KERAS < 3 else keras.config.set_dtype_policy('float32')


cases['mixed_half'] = half


def outputs_inside(name):
    x = keras.Input((8, 8, 3), name='x')
    y = L.Conv2D(4, 3, name='conv')(x)
    z = L.BatchNormalization(name='bn')(y)
    save(name, keras.Model(x, [y, z, L.Dense(2)(L.Flatten()(L.ReLU()(z)))]))


cases['outputs_inside'] = outputs_inside

for name, make in cases.items():
    attempt(name, make)
made = {'keras': keras.__version__, 'cases': index}
if fixture:
    with open(sys.argv[2], 'wb') as file:  # no time in it: the same bytes each time
        file.write(gzip.compress(json.dumps(made, separators=(',', ':')).encode(), 9, mtime=0))
else:
    with open(os.path.join(folder, 'index.json'), 'w') as file:
        json.dump(made, file)
