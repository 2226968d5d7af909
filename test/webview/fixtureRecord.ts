import type { ModelState } from '../../server/protocol/model.ts';
import { measuredModel } from './fixtureData.ts';
import { openedModel, repairedModel } from './fixtures.ts';

/** A file that was repaired and saved, opened again: all that it says of it is its own record. */
export function recordedModel(): ModelState {
  const { repair } = measuredModel(true);
  const proofs = repairedModel()
    .proofs.filter(({ rolledBack }) => rolledBack === undefined)
    .map((proof) => ({ ...proof, values: [] }));
  const on = {
    version: '0.1.0',
    target: 'W8 A8 · per tensor · strict',
    samples: 'imagenet-a · 12 + 12 + 40, labelled',
    about: 'for W8 A8 · per tensor · strict, on imagenet-a · 12 + 12 + 40, labelled',
  };
  return {
    ...openedModel(),
    record: {
      words:
        'Rangefinder 0.1.0 wrote 3 changes into the metadata of this file when it was saved. That is the file’s own record: nothing of it was measured again now, and other programs may have changed the weights since.',
      changes: [
        { label: 'Fold 27 batch norms', ...on },
        { label: 'Equalize 14 sets', ...on },
        { label: 'Correct biases of 28 layers', ...on },
      ],
      proofs,
      proofWords: '3 steps of 4 exact, 1 without a proof.',
      ...(repair ? { repair } : {}),
    },
  };
}
