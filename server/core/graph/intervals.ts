import { perChannel } from './activations.ts';
import { attributeFault } from './attributeFaults.ts';
import { resolvingConstants } from './constants.ts';
import type { Shape } from './dimensions.ts';
import { isStandard, type Graph, type Node } from './graph.ts';
import { hull, isUnbounded, uniform, type Interval } from './interval.ts';
import type { IntervalContext } from './intervalRule.ts';
import { intervalRules } from './intervalRules.ts';
import { elementCount, isFloat, type ElementType, type Tensor } from './tensor.ts';
import { readNumbers } from './tensorValues.ts';
import { wiringOf } from './wiring.ts';

/**
 * Sound bounds of every value of which something can be said, whatever goes into the network:
 * interval arithmetic forward through the graph, per channel of axis 1 where channels keep apart
 * (algorithms 3.7), widened by what float32 rounds away. Worked out in model order, and only as far
 * as they are asked for. Float inputs of the network are taken to lie within -inputLimit..inputLimit.
 * Sound for all that comes after, and not for the value itself, where `unseen` names channels.
 */
export class GrowingIntervals {
  readonly #intervals = new Map<string, Interval>();
  readonly #context: IntervalContext;
  readonly #passed = new Set<string>();
  #next = 0;

  constructor(
    private readonly graph: Graph,
    private readonly shapes: ReadonlyMap<string, Shape>,
    inputLimit = Infinity,
    unseen: IntervalContext['unseen'] = () => [],
  ) {
    this.#context = {
      interval: (value) => this.#intervals.get(value) ?? ofConstant(graph.tensors.get(value)),
      shape: (value) => shapes.get(value),
      unseen,
      wiring: resolvingConstants(wiringOf(graph)),
      opset: graph.opsets.get('') ?? graph.opsets.get('ai.onnx') ?? 1,
    };
    for (const input of graph.inputs) {
      const bounds = isFloat(input.type) ? uniform(-inputLimit, inputLimit) : ofType(input.type);
      if (bounds && !isUnbounded(bounds)) this.#intervals.set(input.name, bounds);
      this.#passed.add(input.name);
    }
  }

  /** Bounds of a value that is no constant; undefined where it may be anything. */
  get(value: string): Interval | undefined {
    while (!this.#passed.has(value) && this.#next < this.graph.nodes.length) this.#step();
    return this.#intervals.get(value);
  }

  /** Bounds of every value of which something can be said. */
  all(): Map<string, Interval> {
    while (this.#next < this.graph.nodes.length) this.#step();
    return this.#intervals;
  }

  #step(): void {
    const node = this.graph.nodes[this.#next++] as Node;
    for (const name of node.outputs) this.#passed.add(name);
    const isSound = isStandard(node) && attributeFault(node) === undefined;
    const rule = isSound ? intervalRules[node.op] : undefined;
    const found = rule?.(node, this.#context);
    if (!found) return;
    const all = 'lo' in found ? [found] : found;
    for (const [place, bounds] of all.entries()) {
      const name = node.outputs[place] ?? '';
      const sound = name !== '' && bounds ? checked(bounds, this.shapes.get(name)) : undefined;
      if (sound && !isUnbounded(sound)) this.#intervals.set(name, sound);
    }
  }
}

/** The constant of a channel, where its bounds leave one value only. */
export const constantOfChannel = (bounds: Interval, channel: number): number | undefined => {
  const lo = bounds.lo[bounds.lo.length === 1 ? 0 : channel];
  const hi = bounds.hi[bounds.hi.length === 1 ? 0 : channel];
  return lo === hi ? lo : undefined;
};

/** Bounds with as many channels as the value has; nothing where one is not a number. */
function checked(bounds: Interval, shape: Shape | undefined): Interval | undefined {
  if (hasNaN(bounds.lo) || hasNaN(bounds.hi)) return undefined;
  const count = bounds.lo.length;
  return count === 1 || shape?.[1] === count ? bounds : hull(bounds);
}

function hasNaN(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

/** Constants larger than this are not read for their bounds. */
const maxElements = 65536;

function ofConstant(tensor: Tensor | undefined): Interval | undefined {
  if (!tensor || !isFloat(tensor.type) || elementCount(tensor.dims) > maxElements) return undefined;
  const channels = tensor.dims.length >= 2 ? perChannel(tensor) : undefined;
  if (channels && channels.length > 0) {
    return { lo: Float64Array.from(channels), hi: Float64Array.from(channels) };
  }
  const values = readNumbers(tensor);
  if (values.length === 0 || values.some(Number.isNaN)) return undefined;
  return uniform(
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  );
}

/** What an integer type can hold. */
function ofType(type: ElementType): Interval | undefined {
  switch (type) {
    case 'uint8':
      return uniform(0, 255);
    case 'int8':
      return uniform(-128, 127);
    case 'uint16':
      return uniform(0, 65535);
    case 'int16':
      return uniform(-32768, 32767);
    case 'bool':
      return uniform(0, 1);
    default:
      return undefined;
  }
}
