import {
  compareEngines,
  engineTolerance,
  runnerLabel,
  type EngineDifference,
} from '../../compareEngines.ts';
import type { SampleSet } from '../../data/samples.ts';
import type { Runner } from '../../engines/engine.ts';
import { notLayers } from '../../engines/tfjs/tfjs.ts';
import type { ModelDocument } from '../../formats/format.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { counted } from '../text.ts';
import type { Workplace } from '../workplace.ts';

/** Layers shown to people, the furthest apart first. */
const shown = 10;

/** `rangefinder run --compare-engines`: what every layer gives in both engines. */
export async function compared(
  place: Workplace,
  document: ModelDocument,
  samples: SampleSet,
  batch: number,
): Promise<Answer> {
  const refused = place.settings.text('output');
  if (refused !== undefined) {
    const text = '--compare-engines gives differences, and no outputs for --output';
    throw new CommandFault(2, 'usage', text);
  }
  if (!place.isLayersModel()) {
    throw new CommandFault(4, 'not-supported', notLayers, document.path);
  }
  const { pair } = place.engine();
  if (!pair) throw new Error('there is one engine only');
  const inputs = {
    count: Math.ceil(samples.count / batch),
    feeds: (index: number) => samples.feeds(index * batch, batch),
  };
  const comparison = await compareEngines(pair, document, document.graph, inputs, place.job);
  const { engines, values, worst, agrees } = comparison;
  return {
    fields: {
      outputs: [],
      samples: samples.count,
      source: samples.source,
      engines: {
        compared: engines.map(engineFields),
        tolerance: engineTolerance,
        agree: agrees,
        ...(worst ? { largest: worst } : {}),
        layers: values,
      },
    },
    text: [
      `${counted(samples.count, 'sample')} from ${samples.source}: ${runnerLabel(engines[0])} beside ${runnerLabel(engines[1])}, ${counted(values.length, 'layer')}.`,
      ...furthest(values).map(
        ({ name, maxAbs, maxRel }) =>
          `  ${name}: ${short(maxAbs)}, ${short(maxRel)} of its largest`,
      ),
      agrees
        ? `They agree: no layer differs by more than ${short(engineTolerance)} of its largest value.`
        : `They differ by more than ${short(engineTolerance)} of a layer's largest value.`,
    ],
    exit: agrees ? 0 : 1,
  };
}

/** An engine as the JSON has it. */
export const engineFields = ({ name, version, backend, notes }: Runner): object => ({
  name,
  version,
  backend,
  notes: notes.map(({ message }) => message),
});

const furthest = (values: readonly EngineDifference[]): EngineDifference[] =>
  [...values].sort((a, b) => b.maxRel - a.maxRel).slice(0, shown);

const short = (value: number): string => value.toExponential(1);
