import type { Format } from '../format.ts';
import { H5Source } from './containers/h5Source.ts';
import { TfjsSource } from './containers/tfjsSource.ts';
import { ZipSource } from './containers/zipSource.ts';
import { openKeras } from './document.ts';

/** Keras models in HDF5, as Keras 1, 2 and 3 write them. */
export const h5Format: Format = {
  id: 'keras-h5',
  title: 'Keras (HDF5)',
  patterns: ['*.h5', '*.hdf5'],
  open: (file) => openKeras('keras-h5', file, (path) => H5Source.open(path)),
};

/** `.keras` files of Keras 3. */
export const kerasFormat: Format = {
  id: 'keras',
  title: 'Keras',
  patterns: ['*.keras'],
  open: (file) => openKeras('keras', file, (path) => ZipSource.open(path)),
};

/** TensorFlow.js layers models. */
export const tfjsFormat: Format = {
  id: 'tfjs',
  title: 'TensorFlow.js',
  patterns: ['*.json'],
  open: (file) =>
    openKeras('tfjs', file, async (path) => {
      await Promise.resolve();
      return TfjsSource.open(path);
    }),
};
