"""Loads models that Rangefinder saved in Keras, and says how far their outputs are from the reference.

python check.py FOLDER SAVED; FOLDER is what make.py wrote, SAVED has files named CASE.KIND.
Prints one JSON object: by file, the largest difference over the largest reference value, or the fault.
"""
import json
import os
import sys

import numpy as np

os.environ.setdefault('KERAS_BACKEND', 'jax')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import keras  # noqa: E402

folder, saved = sys.argv[1:3]
result = {}
for name in sorted(os.listdir(saved)):
    case, kind = os.path.splitext(name)
    if kind not in ('.h5', '.keras'):
        continue
    with open(os.path.join(folder, f'{case}.json')) as file:
        values = json.load(file)
    try:
        keras.backend.clear_session()
        model = keras.models.load_model(os.path.join(saved, name), compile=False)
        inputs = [np.reshape(v['values'], v['dims']) for v in values['inputs'].values()]
        inputs = [i.astype('int32' if case == 'embedding' else 'float32') for i in inputs]
        outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        worst = 0.0
        for got, want in zip(outputs, values['outputs'], strict=True):
            reference = np.reshape(want['values'], want['dims'])
            worst = max(worst, float(np.abs(np.asarray(got, 'float64') - reference).max() / max(np.abs(reference).max(), 1e-30)))
        result[name] = worst
    except Exception as error:
        result[name] = repr(error)[:400]
print(json.dumps(result))
