import type { Format } from '../format.ts';
import { H5Source } from './containers/h5Source.ts';
import { TfjsSource } from './containers/tfjsSource.ts';
import { ZipSource } from './containers/zipSource.ts';
import { openKeras, type OpenSource } from './document.ts';
import type { Interchange } from './interchange.ts';

/** Keras in HDF5 (Keras 1, 2 and 3), `.keras` of Keras 3, and TensorFlow.js layers models. */
export function kerasFormats(onnx: Interchange): { h5: Format; keras: Format; tfjs: Format } {
  const format = (id: string, title: string, patterns: string[], open: OpenSource): Format => ({
    id,
    title,
    patterns,
    open: (file) => openKeras(id, file, open, onnx),
  });
  return {
    h5: format('keras-h5', 'Keras', ['*.h5', '*.hdf5'], (path) => H5Source.open(path)),
    keras: format('keras', 'Keras', ['*.keras'], (path) => ZipSource.open(path)),
    tfjs: format('tfjs', 'TensorFlow.js', ['*.json'], (path) => TfjsSource.open(path)),
  };
}
