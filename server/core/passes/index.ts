import { absorbHighBias } from './absorbHighBias.ts';
import { clearDeadChannels } from './clearDeadChannels.ts';
import { correctBiases } from './correctBiases.ts';
import { equalizeLayers } from './equalizeLayers.ts';
import { foldBatchNorm } from './foldBatchNorm.ts';
import { replaceRelu6 } from './replaceRelu6.ts';
import { restoreBiases } from './restoreBiases.ts';

/** Every pass there is, in menu order. To add one: write its file, name it here. */
export const passes = [
  foldBatchNorm,
  clearDeadChannels,
  replaceRelu6,
  equalizeLayers,
  absorbHighBias,
  correctBiases,
  restoreBiases,
] as const;
