import { intsAttribute, type Dimension } from '../graph/graph.ts';
import type { Wiring } from '../graph/layer.ts';
import type { AxisPadding } from '../graph/padding.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { readNumbers } from '../graph/tensorValues.ts';
import { forEachRun } from '../kernels/channels.ts';
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

/** Input channels whose constant part reaches every output position alike: padding is nothing to them. */
export function unaffectedChannels(border: Border, weight: FloatArray, link: Link): boolean[] {
  const { layout } = link.to;
  const hidden = hiddenTaps(border.view);
  const isUnaffected = Array.from({ length: link.to.inChannels }, () => !border.isUncounted);
  if (hidden.every((isHidden) => !isHidden)) return isUnaffected;
  forEachRun(layout, (_out, input, offset) => {
    for (let tap = 0; tap < layout.taps; tap++) {
      if (hidden[tap] && weight[offset + tap] !== 0) isUnaffected[input] = false;
    }
  });
  return isUnaffected;
}

/** The effect of moving `perInput` (one number an input channel) into the second layer's bias. */
export function borderEffect(
  border: Border,
  weight: FloatArray,
  link: Link,
  perInput: Float64Array,
): BorderEffect {
  const { layout, outChannels } = link.to;
  const perTap = new Float64Array(outChannels * layout.taps);
  forEachRun(layout, (out, input, offset) => {
    const c = perInput[input] ?? 0;
    if (c === 0) return;
    for (let tap = 0; tap < layout.taps; tap++) {
      perTap[out * layout.taps + tap]! += c * (weight[offset + tap] ?? 0);
    }
  });
  let largest = 0;
  for (const { isSeen } of border.view.patterns) {
    for (let out = 0; out < outChannels; out++) {
      let missing = 0;
      for (let tap = 0; tap < layout.taps; tap++) {
        if (!isSeen[tap] || border.isUncounted) {
          const part = perTap[out * layout.taps + tap]!;
          missing += border.isUncounted ? Math.abs(part) : part;
        }
      }
      largest = Math.max(largest, Math.abs(missing));
    }
  }
  if (largest === 0) return { share: 0, largest };
  return { share: border.isUncounted ? 1 : shareAtBorder(border.view), largest };
}
