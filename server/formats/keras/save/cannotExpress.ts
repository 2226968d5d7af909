import { refuse } from '../../badFile.ts';

/** Refuses an edit that the format has no words for. */
export function cannotExpress(layer: string, what: string): never {
  refuse({
    code: 'cannot-express',
    message: `"${layer}" cannot be saved as a Keras layer: ${what}.`,
    where: layer,
    remedy: 'Save the model as ONNX, which can hold it, or take that step back.',
  });
}
