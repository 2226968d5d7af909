"""Writes half.h5 and compound.h5, which h5wasm cannot make, as Keras 2 would: python hdf5.py FOLDER.

Conv, batch norm and Dense with all weights in float16; and a Dense whose kernel is complex, which
HDF5 has as a compound. Seeded; needs h5py.
"""
import json
import os
import sys

import h5py
import numpy as np

random = np.random.default_rng(3)


def sequential(layers):
    return json.dumps({'class_name': 'Sequential', 'config': {'name': 'net', 'layers': [
        {'class_name': kind, 'config': config} for kind, config in layers]}})


def write(name, layers, weights):
    with h5py.File(os.path.join(sys.argv[1], name), 'w') as file:
        file.attrs['model_config'] = sequential(layers).encode()
        file.attrs['keras_version'] = b'2.15.0'
        file.attrs['backend'] = b'tensorflow'
        root = file.create_group('model_weights')
        root.attrs['layer_names'] = np.array([layer.encode() for layer in weights])
        for layer, own in weights.items():
            group = root.create_group(layer)
            group.attrs['weight_names'] = np.array([f'{layer}/{slot}:0'.encode() for slot in own])
            for slot, value in own.items():
                group.create_dataset(f'{layer}/{slot}:0', data=value)


def half(*shape):
    return random.uniform(0.3, 2, shape).astype('float16')


write('half.h5', [
    ('InputLayer', {'name': 'x', 'batch_input_shape': [None, 4, 4, 2], 'dtype': 'float16'}),
    ('Conv2D', {'name': 'conv', 'filters': 3, 'kernel_size': [3, 3], 'use_bias': True}),
    ('BatchNormalization', {'name': 'bn', 'axis': [3], 'epsilon': 0.001}),
    ('Flatten', {'name': 'flat'}),
    ('Dense', {'name': 'dense', 'units': 2, 'use_bias': False}),
], {
    'conv': {'kernel': half(3, 3, 2, 3), 'bias': half(3)},
    'bn': {slot: half(3) for slot in ('gamma', 'beta', 'moving_mean', 'moving_variance')},
    'flat': {},
    'dense': {'kernel': half(12, 2)},
})
write('compound.h5', [
    ('InputLayer', {'name': 'x', 'batch_input_shape': [None, 2], 'dtype': 'float32'}),
    ('Dense', {'name': 'dense', 'units': 1, 'use_bias': False}),
], {'dense': {'kernel': np.array([[1 + 2j], [3 - 1j]], 'complex64')}})
