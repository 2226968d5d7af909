import { changeNotes, notedChanges } from '../../changeNotes.ts';
import { correctionKey, parseCorrection } from '../../correctionNote.ts';
import { restoreBiases } from '../../core/passes/restoreBiases.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { counted } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { skipFields } from './skips.ts';
import { savedText } from './steps.ts';

/** `correct --remove`: brings back the biases from before, as the file's metadata has them. */
export async function removeCorrection(place: Workplace): Promise<Answer> {
  const document = await place.open();
  const note = parseCorrection(document.info.metadata.get(correctionKey));
  if (!note) {
    const text = 'the file says nothing of a bias correction: there is none to remove';
    throw new CommandFault(4, 'no-correction', text, document.path);
  }
  if (note.former.length === 0) {
    const text =
      'the weights were changed after the correction, so the biases from before do not fit them and were not kept: begin from the file as it was';
    throw new CommandFault(4, 'no-correction', text, document.path);
  }
  const result = await restoreBiases.run(document.graph, { former: note.former }, place.job);
  const entries = notedChanges(document).filter(({ step }) => step !== 'correct');
  const notes = new Map(changeNotes(document, entries)).set(correctionKey, '');
  const saved = await place.save(result.graph, notes);
  return {
    fields: {
      layers: result.applied.map(({ layer, biasRemoved }) => ({ name: layer, biasRemoved })),
      skipped: result.skipped.map(skipFields),
      proof: null,
      output: saved,
    },
    text: [
      `The biases of ${counted(result.applied.length, 'layer')} are as they were before the correction.`,
      ...result.skipped.map(({ reason }) => reason),
      savedText(saved, result.edits.length > 0),
    ],
  };
}
