import type { DataState } from '../protocol/data.ts';
import { isFarAboveChance } from '../quantize/chance.ts';
import type { Accuracy } from '../quantize/scores.ts';
import { indexText } from '../report/indexText.ts';
import { dataLabel, type SessionData } from '../session/sessionData.ts';

/** Most notes that are worth reading one by one. */
const mostNotes = 12;

/** The samples as the panel shows them; `float`: how often the float network is right on them. */
export function dataStateOf(data: SessionData, seed: number, float?: Accuracy): DataState {
  const { samples, indices, isSynthetic, preprocessing, issues, classCount } = data;
  const isFit = float !== undefined && isFarAboveChance(float, classCount);
  const told = issues.filter(({ code }) => !isFit || code !== 'raw-bytes');
  const notes = told.map(({ message }) => message);
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
    split: splitOf(data, seed),
    ranges: rangesOf(data),
    notes: more > 0 ? [...notes.slice(0, mostNotes), `And ${more} more.`] : notes,
  };
}

const verbs = { calibration: 'calibrate', correction: 'correct', judge: 'judge' } as const;
const purposes = ['calibration', 'correction', 'judge'] as const;

/** How the samples were split: `split 1/4, 1/4, 1/2, seed 1`. */
function splitOf({ choice, isShared }: SessionData, seed: number): string {
  if (isShared) return 'all of them serve every purpose';
  const chosen = purposes.filter((purpose) => choice[purpose] !== undefined);
  if (chosen.length === purposes.length) return 'split as chosen';
  if (chosen.length === 0) return `split 1/4, 1/4, 1/2, seed ${seed}`;
  const own = chosen.map((purpose) => verbs[purpose]).join(' and ');
  return `${own} as chosen, the rest split, seed ${seed}`;
}

/** The numbers of the samples by what they serve. */
function rangesOf({ indices, isShared }: SessionData): string {
  if (isShared) return `${indexText(indices.judge)} serve every purpose`;
  const all = Object.values(indices).flat();
  const parts = purposes.flatMap((purpose) => {
    const list = indices[purpose];
    return list.length > 0 ? [`${verbs[purpose]} ${indexText(list)}`] : [];
  });
  const isApart = new Set(all).size === all.length;
  return `${parts.join('; ')}; ${isApart ? 'no overlap' : 'some serve more than one purpose'}`;
}
