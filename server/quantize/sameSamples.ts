import {
  channelOrderOf,
  moveBetween,
  type ChannelMove,
  type ChannelOrder,
} from '../core/graph/channelOrder.ts';
import type { Dimension, ValueInfo } from '../core/graph/graph.ts';
import { nounText } from '../core/reports/words.ts';
import type { SampleSet } from '../data/samples.ts';
import type { EngineTensor, Feeds } from '../engines/engine.ts';
import { moveChannels } from '../engines/moveChannels.ts';
import type { ModelDocument } from '../formats/format.ts';

/** A model whose inputs are held against those of another. */
export type Taking = Pick<ModelDocument, 'graph'> & {
  readonly info: Pick<ModelDocument['info'], 'format'>;
};

/** An input of one model, and the input of another whose samples it takes. */
export interface InputPair {
  readonly input: string;
  readonly from: string;
  /** What brings the sample to where this model has its channels; absent: it is there. */
  readonly move?: ChannelMove;
}

/** How one model takes the samples of another. */
export interface Pairing {
  readonly pairs: readonly InputPair[];
  /** Why it cannot, as a sentence; absent: it can. */
  readonly why?: string;
  /** Sentences: which samples are transposed, and what that was told by where shapes do not. */
  readonly notes: readonly string[];
}

/**
 * How `other` takes the samples of `own`: by name where the inputs of both have the same names, else
 * by position. Channels are moved where one shape is the other with channels first; where a shape
 * fits both ways, the operators that read the inputs tell, else what is usual in their formats.
 */
export function pairInputs(own: Taking, other: Taking): Pairing {
  const [inputs, others] = [own.graph.inputs, other.graph.inputs];
  const names = new Map(inputs.map((input) => [input.name, input]));
  const isByName =
    inputs.length === others.length && others.every((input) => names.has(input.name));
  const pairs: InputPair[] = [];
  const notes: string[] = [];
  let why: string | undefined;
  if (inputs.length !== others.length) {
    why = `One takes ${nounText(inputs.length, 'input')}, the other ${others.length}.`;
  }
  for (const [at, input] of others.entries()) {
    const twin = isByName ? names.get(input.name) : inputs[at];
    if (!twin) continue;
    const [from, to] = [orderOf(own, twin), orderOf(other, input)];
    const move = moveBetween({ ...twin, order: from.order }, { ...input, order: to.order });
    if (move === undefined) {
      why ??= `"${twin.name}" is ${shapeText(twin.shape)} in one, and ${shapeText(input.shape)} in the other.`;
    }
    const isMoved = move !== undefined && move !== 'none';
    pairs.push({ input: input.name, from: twin.name, ...(isMoved ? { move } : {}) });
    if (!isMoved) continue;
    notes.push(movedWords(twin, input, move), ...doubtWords(twin, input, [from, to]));
  }
  return { pairs, ...(why === undefined ? {} : { why }), notes };
}

interface Order {
  readonly order: ChannelOrder | undefined;
  /** Its operators say nothing: it is what is usual in the format. */
  readonly isUsual: boolean;
}

function orderOf({ graph, info }: Taking, { name, shape }: ValueInfo): Order {
  const order = channelOrderOf(graph, name);
  // Of three axes one may be time, which no format puts in one place.
  if (order || !shape || shape.length < 4) return { order, isUsual: false };
  return { order: info.format === 'onnx' ? 'first' : 'last', isUsual: true };
}

const movedWords = (own: ValueInfo, other: ValueInfo, move: ChannelMove): string =>
  `Samples for "${own.name}", ${shapeText(own.shape)}, are transposed to channels ${move === 'toFirst' ? 'first' : 'last'} for ${own.name === other.name ? 'the other' : `"${other.name}" of the other`}, ${shapeText(other.shape)}.`;

/** Where both shapes fit as they are, too: what was gone by. */
function doubtWords(
  own: ValueInfo,
  other: ValueInfo,
  [from, to]: readonly [Order, Order],
): string[] {
  const isAlike = moveBetween({ ...own, order: undefined }, { ...other, order: undefined });
  if (isAlike !== 'none') return [];
  const by =
    from.isUsual || to.isUsual
      ? 'as is usual in their formats'
      : 'as the operators that read them have it';
  return [
    `Their shapes do not tell where the channels are: taken as ${from.order ?? 'last'} in one and ${to.order ?? 'first'} in the other, ${by}.`,
  ];
}

const shapeText = (shape: readonly Dimension[] | undefined): string =>
  `[${(shape ?? []).map((size) => size ?? '?').join(', ')}]`;

/** The samples of one model as another takes them, under the names of its inputs. */
export function takenBy(samples: SampleSet, own: Taking, other: Taking): SampleSet {
  const { pairs } = pairInputs(own, other);
  if (pairs.every(({ input, from, move }) => input === from && move === undefined)) return samples;
  return withFeeds(samples, (feeds) => new Map(fed(feeds, pairs, ({ input }) => input)));
}

/** Samples for several models that run side by side. */
export interface SharedSamples {
  readonly samples: SampleSet;
  /** The names in the samples of a model's inputs that have others there. */
  readonly feedsOf: (model: Taking) => ReadonlyMap<string, string>;
}

/** The samples of one model, and beside them what others take that is not the same. */
export function sideBySide(
  samples: SampleSet,
  own: Taking,
  others: readonly Taking[],
): SharedSamples {
  const known = new Set(own.graph.inputs.map(({ name }) => name));
  const added: { readonly name: string; readonly pair: InputPair }[] = [];
  const tables = new Map<Taking, ReadonlyMap<string, string>>();
  for (const [at, other] of [...new Set(others)].entries()) {
    if (other === own) continue;
    const table = new Map<string, string>();
    for (const pair of pairInputs(own, other).pairs) {
      if (pair.move === undefined) {
        if (pair.input !== pair.from) table.set(pair.input, pair.from);
        continue;
      }
      let name = `${pair.from} of ${at}`;
      while (known.has(name)) name += "'";
      known.add(name);
      added.push({ name, pair });
      table.set(pair.input, name);
    }
    tables.set(other, table);
  }
  const feedsOf = (model: Taking): ReadonlyMap<string, string> => tables.get(model) ?? new Map();
  if (added.length === 0) return { samples, feedsOf };
  const both = withFeeds(samples, (given) => {
    const names = new Map(added.map(({ name, pair }) => [pair, name]));
    const pairs = added.map(({ pair }) => pair);
    return new Map([...given, ...fed(given, pairs, (pair) => names.get(pair) ?? pair.input)]);
  });
  return { samples: both, feedsOf };
}

function* fed(
  feeds: Feeds,
  pairs: readonly InputPair[],
  nameOf: (pair: InputPair) => string,
): Generator<[string, EngineTensor]> {
  for (const pair of pairs) {
    const tensor = feeds.get(pair.from);
    if (tensor) yield [nameOf(pair), pair.move ? moveChannels(tensor, pair.move) : tensor];
  }
}

const withFeeds = (samples: SampleSet, change: (feeds: Feeds) => Feeds): SampleSet => ({
  ...samples,
  count: samples.count,
  feeds: async (index, batch) => change(await samples.feeds(index, batch)),
  dispose: () => samples.dispose(),
});
