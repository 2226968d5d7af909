import { intsAttribute, type Dimension } from '../graph/graph.ts';
import type { Wiring } from '../graph/layer.ts';
import type { AxisPadding } from '../graph/padding.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { readNumbers } from '../graph/tensorValues.ts';
import { freeInputs, largestTapSum, tapSums } from '../kernels/tapSums.ts';
import type { Link } from './links.ts';
import type { Step } from './steps.ts';
import { hiddenTaps, shareAtBorder, tapView, type TapView } from './visibleTaps.ts';

/** What padding does to a constant that is taken from a layer's input and put into its bias. */
export interface BorderEffect {
  /** Share of the output positions of the second layer that see padding, 0 to 1. */
  readonly share: number;
  /** Largest change of an output value there. */
  readonly largest: number;
}

/** What of a link's second layer does not see the input. */
export interface Border {
  readonly view: TapView;
  /** Padding that is not the layer's own and cannot be counted: in a pool, or before one. */
  readonly isUncounted: boolean;
}

/** How the second layer of a link sees what comes in. `input`: shape of its input. */
export function borderOf(
  link: Link,
  wiring: Wiring,
  input: readonly Dimension[] | undefined,
): Border {
  const pads: AxisPadding[][] = [];
  let isUncounted = false;
  for (const step of link.steps) {
    if (step.kind === 'pad' && step.seesPadding) pads.push(padsOf(step, wiring));
    else if (step.kind === 'pool' && (step.seesPadding || pads.length > 0)) isUncounted = true;
    else if (step.kind === 'move' && pads.length > 0) isUncounted = true;
  }
  const extra = pads.reduce<AxisPadding[] | undefined>(
    (sum, pad) =>
      pad.map(([b, a], axis) => [b + (sum?.[axis]?.[0] ?? 0), a + (sum?.[axis]?.[1] ?? 0)]),
    undefined,
  );
  return { view: tapView(link.to, input, extra), isUncounted };
}

/** Zeros that a Pad node adds on each spatial axis. */
function padsOf(step: Step, wiring: Wiring): AxisPadding[] {
  const constant = wiring.tensor(step.node.inputs[1] ?? '');
  const pads = intsAttribute(step.node, 'pads') ?? (constant ? readNumbers(constant) : []);
  const rank = pads.length / 2;
  return Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => [
    Math.max(0, pads[axis + 2] ?? 0),
    Math.max(0, pads[axis + 2 + rank] ?? 0),
  ]);
}

/**
 * 1 for each input channel that has something to give (`perInput` is not 0) and whose constant part
 * reaches every output position alike, so that padding is nothing to it.
 */
export function unaffectedChannels(
  border: Border,
  weight: FloatArray,
  link: Link,
  perInput: Float64Array,
): Uint8Array {
  const { layout, inChannels } = link.to;
  if (border.isUncounted) return new Uint8Array(inChannels);
  return freeInputs(weight, layout, perInput, hiddenTaps(border.view));
}

/** The effect of moving `perInput` (one number an input channel) into the second layer's bias. */
export function borderEffect(
  border: Border,
  weight: FloatArray,
  link: Link,
  perInput: Float64Array,
): BorderEffect {
  const { layout } = link.to;
  const sums = tapSums(weight, layout, perInput);
  const { patterns } = border.view;
  let largest = 0;
  if (border.isUncounted) {
    const all = new Uint8Array(layout.taps).fill(1);
    largest = largestTapSum(sums.map(Math.abs), all);
    return largest === 0 ? { share: 0, largest } : { share: 1, largest };
  }
  for (const { isSeen } of patterns) {
    const missing = Uint8Array.from(isSeen, (yes) => (yes ? 0 : 1));
    if (missing.includes(1)) largest = Math.max(largest, largestTapSum(sums, missing));
  }
  return largest === 0 ? { share: 0, largest } : { share: shareAtBorder(border.view), largest };
}
