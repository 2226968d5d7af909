import { depthOf } from '../depthChart.ts';
import { count } from '../figures.ts';
import type { ReportInput } from '../reportInput.ts';
import { depthBody, type DepthLine } from './depthBody.ts';
import type { Picture } from './frame.ts';
import * as keys from './keys.ts';
import { ink } from './marks.ts';

/** The error along the network, from the input to the output. */
export function depthPicture(input: ReportInput): Picture | undefined {
  const depth = depthOf(input);
  if (!depth) return undefined;
  const { what, now, before, isChanged, perBin } = depth;
  const opened: DepthLine = {
    ...{ name: 'as opened', values: before, stroke: ink.dim },
    ...{ dashes: '4 3', dots: 'hollow' },
  };
  const shown: DepthLine = {
    ...{ name: isChanged ? 'now' : '', values: now, stroke: ink.now },
    dots: 'filled',
  };
  return {
    name: 'by-depth',
    title: 'Error by depth',
    notes: [depthNote(what, perBin)],
    legend: [...(isChanged ? [keys.nowLine, keys.openedLine] : []), keys.limitLine],
    body: depthBody(
      input.layers.map(({ name }) => name),
      isChanged ? [opened, shown] : [shown],
      perBin,
    ),
  };
}

/** What is drawn by depth, in sentences; `span`: from where to where. */
export const depthNote = (
  what: string,
  perBin: number,
  span = 'from the input to the output',
): string =>
  `${what}, ${span}. Higher is better.${perBin > 1 ? ` Each point is the worst of ${count(perBin)} layers.` : ''}`;
