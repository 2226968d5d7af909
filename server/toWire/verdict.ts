import type { LayerReport } from '../core/reports/weightReport.ts';
import { unreachable } from '../core/result.ts';
import type { Phrase } from '../protocol/model.ts';
import { toWire } from '../protocol/wire.ts';
import type { Insight } from '../session/analyst.ts';
import type { Session } from '../session/session.ts';
import { aloneLimitsDb } from '../core/diagnose/marks.ts';
import { losesBySharing } from './layerRows.ts';
import { dataVerdict } from './dataVerdict.ts';
import { judged, scoreOf } from './score.ts';
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
  const { measurement } = session.measurer;
  const hasChanges = session.shownChanges.length > 0;
  const judgement =
    measurement && dataVerdict(measurement, hasChanges, session.state.preview !== undefined);
  if (judgement) {
    return [...judgement, ...faulty(reports.filter(({ fault }) => fault !== undefined).length)];
  }
  return [
    ...(hasChanges ? repaired(session, insight) : opened(session, insight)),
    ...faulty(reports.filter(({ fault }) => fault !== undefined).length),
    ...untried(insight),
    ...invitation(session),
  ];
}

/** As opened: judged as every target rounds it. */
function opened(session: Session, insight: Insight): Phrase[] {
  const { now, isFolded } = judged(insight);
  const losers = now.filter((report) => losesBySharing(report)).length;
  const share = `${countText(losers)} of ${nounText(now.length, 'layer')}`;
  const start = isFolded ? 'Folded, as every target does it, ' : '';
  if (session.state.target.granularity === 'tensor') {
    const estimated = estimatedWords(now, isFolded);
    return [
      { text: 'Weights only so far. ' },
      ...(isFolded ? [{ text: start }] : []),
      ...(estimated ??
        (losers > 0
          ? [
              { text: share, tone: 'bad' as const },
              {
                text: ` ${losers === 1 ? 'loses' : 'lose'} more than 15 dB by sharing one scale per tensor`,
              },
            ]
          : watched(now, isFolded))),
      ...lostWords(insight),
      { text: '.' },
    ];
  }
  const score = scoreOf(now);
  const lowest: Phrase[] = score
    ? [
        {
          text: `Weights only so far. ${isFolded ? `${start}and with` : 'With'} one scale per channel the lowest layer keeps `,
        },
        { text: `${decibelText(score.lowestDb)} dB`, tone: 'strong' },
        { text: ` (${score.lowestLayer})`, keepsDb: toWire(score.lowestDb) },
        { text: '. ' },
      ]
    : [{ text: 'Weights only so far. ' }];
  return [
    ...lowest,
    { text: share, tone: losers > 0 ? 'strong' : 'dim' },
    { text: ' would lose more than 15 dB by sharing one scale per tensor.' },
  ];
}

/**
 * `4 of 13 layers would keep less than 20 dB alone, estimated`; undefined where that is not.
 */
function estimatedWords(reports: readonly LayerReport[], isFolded: boolean): Phrase[] | undefined {
  const estimates = reports.flatMap(({ figures }) => figures.estimated ?? []);
  if (estimates.length === 0) return undefined;
  const { hurts, watch } = aloneLimitsDb;
  const [weak, some] = [hurts, watch].map((limit) => estimates.filter((db) => db < limit).length);
  const all = nounText(reports.length, 'layer');
  const words = (limit: number): string => ` would keep less than ${limit} dB alone, estimated`;
  if (weak) return [{ text: `${countText(weak)} of ${all}`, tone: 'bad' }, { text: words(hurts) }];
  const share = some ? countText(some) : isFolded ? 'none' : 'None';
  const rest = some ? `, none less than ${hurts} dB` : '';
  return [{ text: `${share} of ${all}`, tone: 'strong' }, { text: `${words(watch)}${rest}` }];
}

/** Where none loses as much as hurts: how many are to be watched. */
function watched(reports: readonly LayerReport[], isFolded: boolean): Phrase[] {
  const some = reports.filter((report) => losesBySharing(report, 'watch')).length;
  if (some === 0) {
    const share = `${isFolded ? 'none' : 'None'} of ${nounText(reports.length, 'layer')}`;
    return [
      { text: share, tone: 'strong' },
      { text: ' loses more than 10 dB by sharing one scale per tensor' },
    ];
  }
  return [
    { text: `${countText(some)} of ${nounText(reports.length, 'layer')}`, tone: 'strong' },
    {
      text: ` ${some === 1 ? 'loses' : 'lose'} more than 10 dB by sharing one scale per tensor, none more than 15 dB`,
    },
  ];
}

/** `; 29 channels of 5 layers round to 0`. */
function lostWords({ lost }: Insight): Phrase[] {
  if (!lost || lost.channels === 0) return [];
  const { channels, layers } = lost;
  return [
    { text: '; ' },
    { text: `${nounText(channels, 'channel')} of ${nounText(layers, 'layer')}`, tone: 'bad' },
    { text: ` ${channels === 1 ? 'rounds' : 'round'} to 0` },
  ];
}

/** With corrections: as opened and now, both folded where that is known. */
function repaired(session: Session, insight: Insight): Phrase[] {
  const { now, opened: before, isFolded } = judged(insight);
  const is = scoreOf(now);
  const was = scoreOf(before);
  if (!is || !was) return [{ text: 'Weights only.' }];
  const left = session.state.target.granularity === 'tensor' ? lostWords(insight) : [];
  return [
    { text: `Weights only${isFolded ? ', folded' : ''}: lowest SQNR ` },
    { text: change(was.lowestDb, is.lowestDb), tone: 'strong' },
    { text: ` (${is.lowestLayer})`, keepsDb: toWire(is.lowestDb) },
    { text: ', median ' },
    { text: change(was.medianDb, is.medianDb), tone: 'strong' },
    ...left,
    { text: '.' },
  ];
}

/** `27.5 → 31.0 dB`, or `stays at 26.5 dB`. */
function change(was: number, is: number): string {
  const [from, to] = [decibelText(was), decibelText(is)];
  return from === to ? `stays at ${to} dB` : `${from} → ${to} dB`;
}

/** Of a large model, trying every step unasked would take its memory once more. */
function untried({ forecast }: Insight): Phrase[] {
  if (!forecast || forecast.isMeasured) return [];
  return [
    { text: ' Over 64 MB, the gain of a step is measured when it is previewed.', tone: 'dim' },
  ];
}

/** What would say more than the weights do. */
function invitation({ state }: Session): Phrase[] {
  if (state.data) {
    return [
      { text: ' ' },
      { text: 'Measure', command: 'calibrateAndMeasure' },
      { text: ' to see the outputs on the samples.' },
    ];
  }
  return [
    { text: ' ' },
    { text: 'Choose samples', command: 'chooseSamples' },
    { text: ' to measure outputs, or ' },
    { text: 'use synthetic inputs', command: 'useSyntheticInputs' },
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
