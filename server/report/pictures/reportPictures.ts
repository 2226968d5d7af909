import type { DataState } from '../../protocol/data.ts';
import { isComparison, type AnyReport, type ComparisonInput } from '../comparisonInput.ts';
import type { ReportInput } from '../reportInput.ts';
import { withShortNames, withShortPairs } from '../shortInput.ts';
import { comparisonPictures } from './comparisonPictures.ts';
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
export function reportPictures(report: AnyReport): DrawnPicture[] {
  const { pictures, foot } = isComparison(report) ? ofComparison(report) : ofModel(report);
  return apart(pictures).map((picture) => ({ name: picture.name, svg: framed(picture, foot) }));
}

interface Pictures {
  readonly pictures: readonly Picture[];
  /** The line under each of them. */
  readonly foot: string;
}

function ofModel(whole: ReportInput): Pictures {
  const { input, note } = withShortNames(whole);
  const pictures = [
    answersPicture(input.evaluation),
    repairPicture(input),
    ...remedyPictures(input),
    depthPicture(input),
    ...layerPictures(input),
  ].filter((one) => one !== undefined);
  return { pictures, foot: footOf(input.file.name, input, [note]) };
}

function ofComparison(whole: ComparisonInput): Pictures {
  const { input, notes } = withShortPairs(whole);
  const [first, second] = input.sides.map(({ title }) => title);
  const what = `${second ?? ''} against ${first ?? ''}`;
  return { pictures: comparisonPictures(input), foot: footOf(what, input, notes) };
}

/** Of what, for which target, on which samples. */
const footOf = (
  what: string,
  {
    targetLabel,
    data,
    isPreview,
    version,
  }: Pick<ReportInput, 'targetLabel' | 'data' | 'isPreview' | 'version'>,
  notes: readonly string[],
): string =>
  [
    what,
    targetLabel,
    ...(data ? [`samples: ${data.label}${isSaid(data) ? '' : ' (synthetic)'}`] : []),
    ...(isPreview ? ['preview'] : []),
    `Rangefinder\u00a0${version}`,
    ...notes.filter((note) => note !== ''),
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
