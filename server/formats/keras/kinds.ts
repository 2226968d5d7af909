import type { Format } from '../format.ts';

/** Keras in HDF5 (Keras 1, 2 and 3), `.keras` of Keras 3, and TensorFlow.js layers models. */
export const kerasKinds = [
  { id: 'keras-h5', title: 'Keras', patterns: ['*.h5', '*.hdf5'] },
  { id: 'keras', title: 'Keras', patterns: ['*.keras'] },
  { id: 'tfjs', title: 'TensorFlow.js', patterns: ['*.json'] },
] as const satisfies readonly Omit<Format, 'open'>[];

export type KerasFormat = (typeof kerasKinds)[number]['id'];
