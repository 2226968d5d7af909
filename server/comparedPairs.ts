import { isStandard, type Graph, type Node } from './core/graph/graph.ts';
import type { Wiring } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { Correspondence } from './core/passes/pass.ts';
import type { ComparedValue } from './engines/engine.ts';
import { isFloat } from './core/graph/tensor.ts';

/** A pair of values whose difference proves a step, or does not. */
export interface ComparedPair extends ComparedValue {
  readonly kind: 'output' | 'logits' | 'activation';
  /** False for integer outputs: an index may jump where two scores are as good as equal. */
  readonly isJudged: boolean;
}

/** Operators after which a difference is squeezed or jumps: what feeds them is compared too. */
const squeezing = new Set([
  'Softmax',
  'LogSoftmax',
  'Sigmoid',
  'HardSigmoid',
  'Hardmax',
  'Tanh',
  'ArgMax',
  'ArgMin',
  'TopK',
]);
/** Operators that move elements and leave them as they are. */
export const moving = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Cast',
]);
/** Activations that a positive factor passes through, with the caps that equalization makes. */
const homogeneous = new Set(['Relu', 'LeakyRelu', 'PRelu', 'Clip', 'Min']);

/**
 * The pairs to compare: every output, what feeds a final Softmax or the like, and the activations
 * that a step changed, at most `maxActivations` of them, spread over the depth of the network.
 */
export function comparedPairs(
  before: Graph,
  after: Graph,
  correspondences: readonly Correspondence[],
  maxActivations: number,
): ComparedPair[] {
  const wirings = { before: wiringOf(before), after: wiringOf(after) };
  const pairs: ComparedPair[] = [];
  for (const { name, type } of before.outputs) {
    if (type === 'string' || !wirings.before.maker(name) || !wirings.after.maker(name)) continue;
    pairs.push({ before: name, after: name, kind: 'output', isJudged: isFloat(type) });
    const scores = scoresBehind(name, wirings.before);
    const changed = scoresBehind(name, wirings.after);
    if (scores !== undefined && changed !== undefined) {
      pairs.push({ before: scores, after: changed, kind: 'logits', isJudged: true });
    }
  }
  const activations = correspondences
    .map((each) => activationPair(each, wirings))
    .filter((pair) => pair !== undefined);
  return unique([...pairs, ...spread(activations, maxActivations)]);
}

/** The value that feeds the squeezing operator an output comes from; undefined where none does. */
export function scoresBehind(output: string, wiring: Wiring): string | undefined {
  let maker = wiring.maker(output);
  while (maker && isStandard(maker) && moving.has(maker.op)) {
    maker = wiring.maker(maker.inputs[0] ?? '');
  }
  if (!maker || !isStandard(maker) || !squeezing.has(maker.op)) return undefined;
  const scores = maker.inputs[0] ?? '';
  return wiring.maker(scores) ? scores : undefined;
}

/**
 * A changed value, taken behind its activation function where its scale goes through it: there it
 * shows whether the channel was ever active. Shifted values are compared where they are.
 */
function activationPair(
  { before, after, divisor, offset, changed }: Correspondence,
  wirings: { readonly before: Wiring; readonly after: Wiring },
): ComparedPair | undefined {
  if (!wirings.before.maker(before) || !wirings.after.maker(after)) return undefined;
  const factors = {
    ...(divisor ? { divisor: Array.from(divisor) } : {}),
    ...(offset ? { offset: Array.from(offset) } : {}),
    ...(changed ? { changed } : {}),
    kind: 'activation' as const,
    isJudged: true,
  };
  const isShifted = factors.offset?.some((value) => value !== 0) ?? false;
  const ends = [behindActivation(before, wirings.before), behindActivation(after, wirings.after)];
  const [endBefore, endAfter] = ends;
  if (!isShifted && endBefore !== undefined && endAfter !== undefined) {
    return { before: endBefore, after: endAfter, ...factors };
  }
  return { before, after, ...factors };
}

function behindActivation(value: string, wiring: Wiring): string | undefined {
  let end: string | undefined;
  for (let at = value; ;) {
    const [user, other] = wiring.users(at);
    if (!user || other || wiring.isGraphOutput(at) || !passesScale(user, at, wiring)) return end;
    end = user.outputs[0] ?? '';
    at = end;
  }
}

const passesScale = (user: Node, value: string, wiring: Wiring): boolean =>
  isStandard(user) &&
  homogeneous.has(user.op) &&
  user.inputs.every(
    (input) => input === value || input === '' || wiring.tensor(input) !== undefined,
  );

/** At most `count` of the items, evenly taken, the first and the last among them. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const step = (items.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, i) => items[Math.round(i * step)] as T);
}

function unique(pairs: readonly ComparedPair[]): ComparedPair[] {
  const seen = new Map<string, ComparedPair>();
  for (const pair of pairs) {
    const key = `${pair.kind}\n${pair.before}\n${pair.after}`;
    if (!seen.has(key)) seen.set(key, pair);
  }
  return [...seen.values()];
}
