import { absorbHighBias } from './absorbHighBias.ts';
import { clearDeadChannels } from './clearDeadChannels.ts';
import { equalizeLayers } from './equalizeLayers.ts';
import { foldBatchNorm } from './foldBatchNorm.ts';
import { replaceRelu6 } from './replaceRelu6.ts';

/** Every pass there is, in menu order. To add one: write its file, name it here. */
export const passes = [
  foldBatchNorm,
  clearDeadChannels,
  replaceRelu6,
  equalizeLayers,
  absorbHighBias,
] as const;
