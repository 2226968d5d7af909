import { unreachable } from '../core/result.ts';
import type { Phrase } from '../protocol/model.ts';
import type { Insight } from '../session/analyst.ts';
import type { Session } from '../session/session.ts';
import { losesBySharing } from './layerRows.ts';
import { openedScoreOf, scoreOf } from './score.ts';
import { countText, decibelText, nounText } from '../core/reports/words.ts';

/** The line under the file's name: how it stands, in one or two sentences. */
export function verdictOf(session: Session): Phrase[] {
  const { insight } = session.analyst;
  switch (session.kind) {
    case 'quantized':
      return [
        { text: 'Quantized already.', tone: 'strong' },
        { text: ' It can be inspected; corrections need the float weights. ' },
        { text: 'Open the float model…', command: 'openFloatModel' },
      ];
    case 'no-layers':
      return [
        { text: 'No layer with constant float weights', tone: 'strong' },
        { text: ' was found: there is nothing to measure and nothing to correct.' },
      ];
    case 'float':
      return weightVerdict(session, insight);
    default:
      return unreachable(session.kind);
  }
}

function weightVerdict(session: Session, insight: Insight): Phrase[] {
  const { layers, now } = insight;
  const reports = [...now.values()];
  const measured = reports.filter(({ isMeasured }) => isMeasured).length;
  if (measured < layers.length) {
    return [
      {
        text: `Measuring the weights: ${countText(measured)} of ${nounText(layers.length, 'layer')}.`,
      },
    ];
  }
  return [
    ...(session.shownChanges.length > 0 ? repaired(insight) : opened(session, insight)),
    ...faulty(reports.filter(({ fault }) => fault !== undefined).length),
    { text: ' Errors of outputs need samples; that comes in a later version.', tone: 'dim' },
  ];
}

function opened(session: Session, { now, layers }: Insight): Phrase[] {
  const losers = [...now.values()].filter(losesBySharing).length;
  const share = `${countText(losers)} of ${nounText(layers.length, 'layer')}`;
  if (session.state.target.granularity === 'tensor') {
    return [
      { text: 'Weights only so far. ' },
      { text: share, tone: losers > 0 ? 'bad' : 'strong' },
      { text: ' lose more than 15 dB by sharing one scale per tensor.' },
    ];
  }
  const score = scoreOf(now.values());
  const lowest: Phrase[] = score
    ? [
        { text: 'Weights only so far. With one scale per channel the lowest layer keeps ' },
        { text: `${decibelText(score.lowestDb)} dB`, tone: 'strong' },
        { text: ` (${score.lowestLayer}). ` },
      ]
    : [{ text: 'Weights only so far. ' }];
  return [
    ...lowest,
    { text: share, tone: losers > 0 ? 'strong' : 'dim' },
    { text: ' would lose more than 15 dB by sharing one scale per tensor.' },
  ];
}

function repaired({ now, before }: Insight): Phrase[] {
  const is = scoreOf(now.values());
  const was = openedScoreOf(now, before);
  if (!is || !was) return [{ text: 'Weights only.' }];
  return [
    { text: 'Weights only: lowest SQNR ' },
    { text: `${decibelText(was.lowestDb)} → ${decibelText(is.lowestDb)} dB`, tone: 'strong' },
    { text: ` (${is.lowestLayer}), median ` },
    { text: `${decibelText(was.medianDb)} → ${decibelText(is.medianDb)} dB`, tone: 'strong' },
    { text: '.' },
  ];
}

function faulty(layers: number): Phrase[] {
  if (layers === 0) return [];
  const have = layers === 1 ? 'has' : 'have';
  return [
    { text: ` ${nounText(layers, 'layer')} ${have} weights that are NaN or infinite`, tone: 'bad' },
    { text: '; they were not measured, and steps leave them alone.' },
  ];
}
