import type { DataState } from '../../protocol/data.ts';
import type { ReportInput } from '../reportInput.ts';
import { withShortNames } from '../shortInput.ts';
import { depthPicture } from './depthPicture.ts';
import { framed, type Picture } from './frame.ts';
import { layerPictures } from './layerPictures.ts';
import { answersPicture, remedyPictures, repairPicture } from './modelPictures.ts';

/** A chart as a file of its own. */
export interface DrawnPicture {
  /** Without ending: `weight-ranges`. */
  readonly name: string;
  readonly svg: string;
}

/** Every chart that the report has, and those of its tables, each to stand alone. */
export function reportPictures(whole: ReportInput): DrawnPicture[] {
  const { input, note } = withShortNames(whole);
  const pictures = [
    answersPicture(input),
    repairPicture(input),
    ...remedyPictures(input),
    depthPicture(input),
    ...layerPictures(input),
  ].filter((one) => one !== undefined);
  const foot = [footOf(input), note].filter(Boolean).join(' · ');
  return apart(pictures).map((picture) => ({ name: picture.name, svg: framed(picture, foot) }));
}

/** Which model, for which target, on which samples. */
const footOf = ({ file, targetLabel, data, isPreview, version }: ReportInput): string =>
  [
    file.name,
    targetLabel,
    ...(data ? [`samples: ${data.label}${isSaid(data) ? '' : ' (synthetic)'}`] : []),
    ...(isPreview ? ['preview'] : []),
    `Rangefinder\u00a0${version}`,
  ].join(' · ');

/** Whether the label says already what the samples are. */
const isSaid = ({ label, isSynthetic }: DataState): boolean =>
  !isSynthetic || label.startsWith('synthetic');

/** Names that no two share: a code may be found twice. */
function apart(pictures: readonly Picture[]): Picture[] {
  const taken = new Map<string, number>();
  return pictures.map((picture) => {
    const many = (taken.get(picture.name) ?? 0) + 1;
    taken.set(picture.name, many);
    return many === 1 ? picture : { ...picture, name: `${picture.name}-${many}` };
  });
}
