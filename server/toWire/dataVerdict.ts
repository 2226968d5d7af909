import { decibelText, nounText } from '../core/reports/words.ts';
import type { Phrase } from '../protocol/model.ts';
import { wilsonInterval } from '../quantize/scores.ts';
import { floatAtChance } from '../quantize/chance.ts';
import type { Measurement } from '../session/measurer.ts';
import { judgedDb } from './evaluation.ts';

/** How the outputs stand on the samples; undefined while they are not judged. */
export function dataVerdict(
  measurement: Measurement,
  hasChanges: boolean,
  isPreview = false,
): Phrase[] | undefined {
  const { opened, now, data, isStale } = measurement;
  const is = now.scores;
  const was = opened.scores ?? is;
  if (!is || !was) return undefined;
  const count = nounText(is.samples, data.isSynthetic ? 'synthetic input' : 'sample');
  const shares: readonly [name: string, was: number | undefined, is: number | undefined] = is
    .quantized.accuracy
    ? ['Top-1', was.quantized.accuracy?.top1, is.quantized.accuracy.top1]
    : ['Same answer as float', was.quantized.agreement, is.quantized.agreement];
  const [name, before, after] = shares;
  const [from, to] = [judgedDb(was.quantized), judgedDb(is.quantized)].map(decibelText);
  const isLogits = is.quantized.logits !== undefined;
  const isAtChance = is.float && floatAtChance(is.float, data.classCount) !== undefined;
  return [
    ...(isAtChance
      ? [
          { text: 'Float itself is at chance', tone: 'bad' as const },
          {
            text: data.preprocessing?.isGuess
              ? ': check how samples become inputs, which was guessed. '
              : ': check how samples become inputs, and the labels. ',
          },
        ]
      : []),
    ...(after === undefined
      ? [{ text: `On ${count}: ` }]
      : [
          { text: `${name} on ${count}: ` },
          ...(is.float
            ? [
                { text: 'float ' },
                { text: percent(is.float.top1), tone: 'strong' as const },
                { text: ', ' },
              ]
            : []),
          ...(hasChanges && before !== undefined
            ? [
                { text: 'quantized as opened ' },
                { text: percent(before), tone: toneOf(before, is.float?.top1) },
                { text: isPreview ? ', as previewed ' : ', quantized now ' },
              ]
            : [{ text: 'quantized ' }]),
          { text: percent(after), tone: toneOf(after, is.float?.top1) },
          { text: ` (95 % interval ${interval(after, is.samples)})`, tone: 'dim' as const },
          { text: '. ' },
        ]),
    { text: `${isLogits ? 'Logits' : 'Output'} SQNR ` },
    { text: hasChanges && from !== to ? `${from} → ${to} dB` : `${to} dB`, tone: 'strong' },
    { text: '.' },
    ...(isStale ? [{ text: ' Of before the last change.', tone: 'dim' as const }] : []),
  ];
}

/** Below half of what the float network tells right, a share hurts. */
const toneOf = (share: number, inFloat = 1): 'bad' | 'strong' =>
  share < inFloat / 2 ? 'bad' : 'strong';

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function interval(share: number, count: number): string {
  const [low, high] = wilsonInterval(Math.round(share * count), count);
  return `${Math.round(100 * low)}–${Math.round(100 * high)} %`;
}
