import type { CompareEnginesReply, EngineDifference } from '../../server/protocol/requests.ts';
import { fromWire } from '../../server/protocol/wire.ts';
import { modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Runs the model in view in both engines, and shows how far apart every layer is. */
export const compareEngines: Command = {
  id: 'rangefinder.compareEngines',
  async run(host) {
    const model = await modelOr(host);
    const reply = await model?.compareEngines();
    if (model && reply) await host.showText(comparisonText(model.name, reply), 'markdown');
  },
};

/** The comparison as Markdown: what it comes to, then every layer, the furthest apart first. */
function comparisonText(name: string, reply: CompareEnginesReply): string {
  const { engines, samples, source, tolerance, values, notes } = reply;
  const sorted = [...values].sort((a, b) => fromWire(b.maxRel) - fromWire(a.maxRel));
  const [worst] = sorted;
  const agree = sorted.every(({ maxRel }) => fromWire(maxRel) <= tolerance);
  const verdict = !worst
    ? t('There is no layer that both engines hand out.')
    : agree
      ? t(
          'The engines agree: no layer differs by more than {0} of its largest value.',
          short(tolerance),
        )
      : t(
          'The engines differ: "{0}" by {1} of its largest value.',
          worst.name,
          short(fromWire(worst.maxRel)),
        );
  return [
    `# ${t('{0}: {1} beside {2}', name, engines[0], engines[1])}`,
    '',
    verdict,
    '',
    t(
      '{0} ({1}); {2}, the furthest apart first.',
      sampleText(samples),
      source,
      layerText(values.length),
    ),
    ...notes.map((note) => `\n${note}`),
    '',
    `| ${t('Layer')} | ${t('Largest difference')} | ${t('Of its largest value')} |`,
    '| --- | --- | --- |',
    ...sorted.map(row),
    '',
  ].join('\n');
}

const row = ({ name, maxAbs, maxRel }: EngineDifference): string =>
  `| ${name.replaceAll('|', '\\|')} | ${short(fromWire(maxAbs))} | ${short(fromWire(maxRel))} |`;

const short = (value: number): string => (value === 0 ? '0' : value.toExponential(1));

const sampleText = (count: number): string =>
  count === 1 ? t('1 sample') : t('{0} samples', count);

const layerText = (count: number): string => (count === 1 ? t('1 layer') : t('{0} layers', count));
