import type { NodeId } from '../core/graph/graph.ts';
import { decibelText, nounText } from '../core/reports/words.ts';
import type { MeasuredLayer } from '../session/measured.ts';
import type { Measurement } from '../session/measurer.ts';
import type { CodedRow } from './findings.ts';
import { outputRemedies } from './outputRemedies.ts';

/** Mean shift of a layer's channels from which on it is worth taking back, in deviations. */
const biasLimit = 0.5;
/** What rounding a layer's values may cost it more than as opened, in dB, and what is no matter. */
const growthDb = 6;
const fineDb = 30;

type Ids = ReadonlyMap<string, NodeId>;
type Figures = Pick<Measurement, 'opened' | 'now'>;

/** Layers whose output moves to one side by being rounded, the worst first. */
export function biasedError({ now }: Figures, ids: Ids): CodedRow | undefined {
  const found = Object.entries(now.layers ?? {})
    .map(([name, layer]) => ({ name, shift: meanShift(layer) }))
    .filter(({ shift }) => shift > biasLimit)
    .sort((a, b) => b.shift - a.shift);
  const [worst] = found;
  if (!worst) return undefined;
  const many = nounText(found.length, 'layer');
  return {
    code: 'biased-error',
    mark: 'hurts',
    title: `The mean output of ${many} moves by more than ${biasLimit} σ`,
    text: `Rounding does not average out here. Worst: ${worst.name}, ${worst.shift.toFixed(2)} σ over its channels; a bias can take that back at no cost at run time.`,
    layers: found.flatMap(({ name }) => ids.get(name) ?? []),
    remedies: outputRemedies(now, 'biased-error') ?? [],
  };
}

/** Layers whose values need a wider grid than they did as opened: the price of equalizing. */
export function activationGrowth({ opened, now }: Figures, ids: Ids): CodedRow | undefined {
  if (opened === now) return undefined;
  const found = Object.entries(now.layers ?? {})
    .flatMap(([name, { activations }]) => {
      const was = opened.layers?.[name]?.activations;
      return was === undefined ? [] : [{ name, was, activations }];
    })
    .filter(({ was, activations }) => activations < fineDb && was - activations > growthDb)
    .sort((a, b) => a.activations - b.activations);
  const [worst] = found;
  if (!worst) return undefined;
  const { name, was, activations } = worst;
  return {
    code: 'activation-growth',
    mark: 'watch',
    title: `${nounText(found.length, 'layer needs', 'layers need')} a wider range of activations than as opened`,
    text: `Worst: ${name}. Rounding its values alone leaves ${decibelText(activations)} dB of its output, ${decibelText(was)} as opened: the smaller evil wherever the outputs gain all the same.`,
    layers: found.flatMap((one) => ids.get(one.name) ?? []),
    remedies: [],
  };
}

/** Mean over the channels of |mean error|, in deviations of the layer's output. */
const meanShift = ({ biasError }: MeasuredLayer): number =>
  biasError.length === 0
    ? 0
    : biasError.reduce((sum, one) => sum + Math.abs(one), 0) / biasError.length;
