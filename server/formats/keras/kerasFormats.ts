import type { Format } from '../format.ts';
import { H5Source } from './containers/h5Source.ts';
import { TfjsSource } from './containers/tfjsSource.ts';
import { ZipSource } from './containers/zipSource.ts';
import { openKeras, type OpenSource } from './document.ts';
import type { Interchange } from './interchange.ts';
import type { KerasFormat } from './kinds.ts';

const sources: Readonly<Record<KerasFormat, OpenSource>> = {
  'keras-h5': (path) => H5Source.open(path),
  keras: (path) => ZipSource.open(path),
  tfjs: (path) => TfjsSource.open(path),
};

/** How files of these formats are opened. */
export function kerasOpener(onnx: Interchange): (id: KerasFormat) => Format['open'] {
  return (id) => (file) => openKeras(id, file, sources[id], onnx);
}
