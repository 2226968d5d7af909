import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';

/** What is used of TensorFlow.js, the bundled one or a native one that the user installed. */
export type TfjsLibrary = Pick<
  typeof Core,
  'tensor' | 'transpose' | 'tidy' | 'keep' | 'dispose' | 'getBackend' | 'setBackend' | 'ready'
> &
  Pick<typeof Layers, 'loadLayersModel'>;

export type Tensor = Core.Tensor;
export type TfjsModel = Layers.LayersModel;
export type TfjsLayer = TfjsModel['layers'][number];
