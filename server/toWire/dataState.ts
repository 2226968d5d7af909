import type { DataState } from '../protocol/data.ts';
import { dataLabel, type SessionData } from '../session/sessionData.ts';

/** Most notes that are worth reading one by one. */
const mostNotes = 12;

/** The samples as the panel shows them. */
export function dataStateOf(data: SessionData): DataState {
  const { samples, indices, isSynthetic, preprocessing, issues } = data;
  const notes = issues.map(({ message }) => message);
  const more = notes.length - mostNotes;
  return {
    label: dataLabel(data),
    isSynthetic,
    hasLabels: samples.labels !== undefined,
    counts: {
      calibration: indices.calibration.length,
      correction: indices.correction.length,
      judge: indices.judge.length,
    },
    ...(preprocessing ? { preprocessing } : {}),
    notes: more > 0 ? [...notes.slice(0, mostNotes), `And ${more} more.`] : notes,
  };
}
