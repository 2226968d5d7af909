import type { DataState } from '../protocol/data.ts';
import { indexText } from '../report/indexText.ts';
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
    ranges: rangesOf(data),
    notes: more > 0 ? [...notes.slice(0, mostNotes), `And ${more} more.`] : notes,
  };
}

const verbs = { calibration: 'calibrate', correction: 'correct', judge: 'judge' } as const;

/** The numbers of the samples by what they serve; the last of a range is not in it. */
function rangesOf({ indices, isShared }: SessionData): string {
  if (isShared) return `${indexText(indices.judge)} serve every purpose`;
  const all = Object.values(indices).flat();
  const parts = Object.entries(verbs).flatMap(([purpose, verb]) => {
    const list = indices[purpose as keyof typeof verbs];
    return list.length > 0 ? [`${verb} ${indexText(list)}`] : [];
  });
  const isApart = new Set(all).size === all.length;
  return `${parts.join(', ')}; ${isApart ? 'no overlap' : 'some serve more than one purpose'}`;
}
