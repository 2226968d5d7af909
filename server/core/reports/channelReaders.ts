import { activationOf } from '../graph/activations.ts';
import { isStandard, type NodeId } from '../graph/graph.ts';
import type { Layer, Wiring } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { inputEnergies } from '../kernels/inputEnergies.ts';

/** What leaves each channel in its place, besides activations. */
const passing: ReadonlySet<string> = new Set(
  'Add Pad MaxPool AveragePool GlobalAveragePool GlobalMaxPool ReduceMean Flatten Reshape Squeeze Transpose Identity'.split(
    ' ',
  ),
);

/** Through so many nodes readers are looked for: a chain of sums would lead to the end of the network. */
const mostNodes = 64;

/**
 * How much each output channel of a layer counts for those that read it: the energy of their weights
 * on it, each reader with the same share. Undefined where no layer with as many inputs reads it.
 * What a channel varies by, times this, stays the same when channels are scaled against each other.
 */
export class ChannelReaders {
  readonly #layers: ReadonlyMap<NodeId, Layer>;
  readonly #shares = new Map<Layer, Float64Array | undefined>();

  constructor(
    layers: readonly Layer[],
    private readonly wiring: Wiring,
  ) {
    this.#layers = new Map(layers.map((layer) => [layer.node.id, layer]));
  }

  weightsOf(layer: Layer): Float64Array | undefined {
    const shares = this.#readersOf(layer)
      .filter(({ inChannels }) => inChannels === layer.outChannels)
      .flatMap((reader) => this.#shareOf(reader) ?? []);
    if (shares.length === 0) return undefined;
    return shares.reduce((sum, share) => sum.map((value, c) => value + (share[c] ?? 0)));
  }

  /** Layers that read the output, through what leaves channels in their place. */
  #readersOf(layer: Layer): readonly Layer[] {
    const seen = new Set<NodeId>();
    const found: Layer[] = [];
    const values = [layer.output];
    for (let value = values.pop(); value !== undefined && seen.size < mostNodes;) {
      for (const node of this.wiring.users(value)) {
        if (seen.has(node.id)) continue;
        seen.add(node.id);
        const reader = this.#layers.get(node.id);
        if (reader) {
          if (reader.input === value) found.push(reader);
        } else if (isStandard(node) && (passing.has(node.op) || activationOf(node, this.wiring))) {
          values.push(node.outputs[0] ?? '');
        }
      }
      value = values.pop();
    }
    return found;
  }

  /** Share of each input channel in the energy of a reader's weights; undefined where that is 0. */
  #shareOf(reader: Layer): Float64Array | undefined {
    if (this.#shares.has(reader)) return this.#shares.get(reader);
    const energies = inputEnergies(readFloats(reader.weight), reader.layout);
    const total = energies.reduce((sum, value) => sum + value, 0);
    const share = total > 0 ? energies.map((value) => value / total) : undefined;
    this.#shares.set(reader, share);
    return share;
  }
}
