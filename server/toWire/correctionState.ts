import { basename, extname } from 'node:path';
import { targetLabel } from '../core/quant/targets.ts';
import { nounText } from '../core/reports/words.ts';
import { gridDifference, type CorrectionNote } from '../correctionNote.ts';
import type { CorrectionState } from '../protocol/data.ts';
import type { ModelState } from '../protocol/model.ts';
import type { TargetSettings } from '../protocol/target.ts';
import type { Session } from '../session/session.ts';

/** The bias correction that the shown model has; undefined where it has none. */
export function correctionStateOf(session: Session): CorrectionState | undefined {
  const { shownCorrection: note, state, openedCorrection } = session;
  if (!note) return undefined;
  const { applied, saved } = state;
  const made = applied.filter(({ correction }) => correction !== undefined).at(-1);
  const isSaved = made ? saved.includes(made.id) : note === openedCorrection;
  const differs = gridDifference(note.target, state.target);
  const layers = note.former.length;
  return {
    grid: targetLabel(note.target),
    layers,
    isSaved,
    ...(differs === undefined ? {} : { differs }),
    words: firstSaveWords(session.name, note),
    proposedName: proposedName(state.document.path, note.target),
  };
}

/** What is to be said when a file with corrected biases is saved for the first time. */
export const firstSaveWords = (name: string, { target, former }: CorrectionNote): string =>
  `${name} has corrected biases in ${nounText(former.length, 'layer')}: it is for ${targetLabel(target)}, and no longer the float model. Saved under another name, the float model stays; Remove correction brings its biases back, also after reopening.`;

/** `net.w8-tensor.onnx`. */
export function proposedName(path: string, target: TargetSettings): string {
  const ending = extname(path);
  return `${basename(path, ending)}.${gridText(target)}${ending}`;
}

/** What a correction is made for, short enough for a file's name. */
function gridText(target: TargetSettings): string {
  const values = target.activationBits === 'float' ? '' : `a${target.activationBits}`;
  return `w${target.weightBits}${values}-${target.granularity}`;
}

/** Says so where the biases are made for another grid than the one that is chosen. */
export function gridIssues(session: Session): ModelState['issues'] {
  const { shownCorrection: note, state, name } = session;
  const differs = note && gridDifference(note.target, state.target);
  if (!note || differs === undefined) return [];
  const message = `The biases of ${name} are corrected for another grid: ${differs}, and there they may hurt. Correct again, or remove the correction.`;
  return [{ code: 'other-grid', severity: 'warning', message, where: name }];
}
