import { GraphDraft } from '../graph/draft.ts';
import { displayName, type Node, type NodeId } from '../graph/graph.ts';
import { vast } from '../graph/vast.ts';
import { clearLayer, type Cleared } from './clear/clearLayer.ts';
import { searchDead, type ConstantInput, type DeadLayer } from './clear/deadChannels.ts';
import type { Correspondence, GraphPass, Skip } from './pass.ts';

/** Which layers to clear. */
export interface ClearOptions {
  /** Names of layers that make or read constant channels; all where empty. */
  readonly layers: readonly string[];
  /** Names of layers that must not change. */
  readonly ignore: readonly string[];
  /**
   * Float inputs of the network are taken to be within -inputLimit..inputLimit. Below the default
   * more channels are constant, but only for such inputs.
   */
  readonly inputLimit: number;
}

/** Constant channels between two layers that hold nothing any more. */
export interface ClearApplied {
  readonly maker: string;
  /** Who reads the channels; the operator that uses them where no layer does. */
  readonly reader: string;
  readonly makerNode: NodeId;
  readonly readerNode: NodeId;
  /** Channels of the maker. */
  readonly channels: number[];
  /** The number that each of them always is, as the reader sees it. */
  readonly constant: number[];
  /** Where the reader has each of them among its inputs; nothing where it is no layer. */
  readonly readerChannels: number[][];
}

/**
 * Takes the weights away that cannot do anything: those that read a channel which is one number c
 * whatever the input, and those that make it.
 *
 *   reader   b'[o] = b[o] + c * sum W[o,k],  W'[:,k] = 0
 *   maker    W'[k] = 0,  b'[k] = c           (what every activation behind it cuts to c)
 *
 * What is constant is proved by interval arithmetic (algorithms 3.7), for inputs of up to 2^31 in
 * size. Training leaves channels whose weights are near 1e-12 or 1e-28 beside others near 1. They
 * are constant where that cannot move their bias; and, where values are too large to tell, as long
 * as what a reader gets of an input by such a channel is below the rounding of what it gets of that
 * input by others (`unseenChannels`). Exact: dead weights no longer set the range of their tensor,
 * and nothing else changes. Where c is not 0, a reader that pads its input is left alone. Shapes
 * stay.
 */
export const clearDeadChannels: GraphPass<ClearOptions, ClearApplied> = {
  id: 'clearDeadChannels',
  title: 'Clear dead channels',
  defaults: { layers: [], ignore: [], inputLimit: vast },
  async run(graph, options, job) {
    const draft = new GraphDraft(graph);
    const skipped: Skip[] = [];
    const correspondences: Correspondence[] = [];
    const applied: ClearApplied[] = [];
    const makers: { readonly dead: DeadLayer; readonly channels: readonly number[] }[] = [];
    const { layers, shapes } = await searchDead(graph, options.inputLimit, job);
    for (const [done, found] of layers.entries()) {
      await job.checkpoint(done, layers.length, found.layer.name);
      const dead = wanted(found, options);
      const cleared = clearLayer(draft, dead, shapes);
      applied.push(...grouped(cleared.inputs, dead.layer.node));
      makers.push({ dead, channels: cleared.outputs });
      skipped.push(...skips(dead, cleared));
      correspondences.push(...unchanged(dead, cleared));
    }
    applied.push(...unread(makers, applied));
    return {
      graph: draft.close(),
      edits: draft.edits,
      applied,
      skipped,
      isExact: applied.length === 0 || options.inputLimit >= vast,
      correspondences,
    };
  },
};

function wanted(dead: DeadLayer, { layers: names, ignore }: ClearOptions): DeadLayer {
  if (ignore.includes(dead.layer.name)) return { ...dead, inputs: [], outputs: [] };
  if (names.length === 0 || names.includes(dead.layer.name)) return dead;
  const inputs = dead.inputs.filter(({ maker }) => names.includes(displayName(maker)));
  return { ...dead, inputs, outputs: [] };
}

/** One entry for each maker, in the order of the reader's channels. */
function grouped(inputs: readonly ConstantInput[], reader: Node): ClearApplied[] {
  const groups = new Map<NodeId, ConstantInput[]>();
  for (const input of inputs) {
    const group = groups.get(input.maker.id);
    if (group) group.push(input);
    else groups.set(input.maker.id, [input]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [ConstantInput];
    // Behind Flatten a channel is read at several places.
    const places = new Map<number, number[]>();
    for (const { channel, makerChannel } of group) {
      places.set(makerChannel, [...(places.get(makerChannel) ?? []), channel]);
    }
    const value = new Map(group.map((x) => [x.makerChannel, x.value]));
    const channels = [...places.keys()];
    return {
      maker: displayName(first.maker),
      makerNode: first.maker.id,
      reader: displayName(reader),
      readerNode: reader.id,
      channels,
      constant: channels.map((channel) => value.get(channel) ?? 0),
      readerChannels: [...places.values()],
    };
  });
}

/** Channels that were cleared where they are made, and that no layer's entry names. */
function unread(
  makers: readonly { readonly dead: DeadLayer; readonly channels: readonly number[] }[],
  applied: readonly ClearApplied[],
): ClearApplied[] {
  const named = new Set(
    applied.flatMap(({ makerNode, channels }) => channels.map((c) => `${makerNode}/${c}`)),
  );
  return makers.flatMap(({ dead, channels }) => {
    const { layer, user, outputs } = dead;
    const rest = channels.filter((channel) => !named.has(`${layer.node.id}/${channel}`));
    if (rest.length === 0) return [];
    const value = new Map(outputs.map(({ channel, bias }) => [channel, bias]));
    return [
      {
        maker: layer.name,
        makerNode: layer.node.id,
        reader: user ? displayName(user) : layer.name,
        readerNode: user?.id ?? layer.node.id,
        channels: rest,
        constant: rest.map((channel) => value.get(channel) ?? 0),
        readerChannels: [],
      },
    ];
  });
}

/** Values that stay as they were although the layer changed: behind the clamps of what it makes. */
function unchanged({ layer, after }: DeadLayer, cleared: Cleared): Correspondence[] {
  if (cleared.outputs.length > 0) return after.map((name) => ({ before: name, after: name }));
  return cleared.inputs.length > 0 ? [{ before: layer.output, after: layer.output }] : [];
}

/** A few of many numbers. */
const listed = (channels: readonly number[]): string =>
  channels.length <= 8
    ? channels.join(', ')
    : `${channels.slice(0, 8).join(', ')} and ${channels.length - 8} more`;

function skips({ layer }: DeadLayer, { kept, why }: Cleared): Skip[] {
  const place = layer.name;
  const node = layer.node.id;
  if (why === 'not-finite') {
    const reason = `"${layer.weight.name}" of "${place}" has NaN or infinite values.`;
    return [{ code: why, place, node, reason, remedy: 'Train or export the layer again.' }];
  }
  return grouped(kept, layer.node).map(({ maker, channels }) => {
    const many = channels.length > 1;
    const which = `${many ? 'Channels' : 'Channel'} ${listed(channels)} of "${maker}" ${many ? 'are' : 'is'} constant, but not 0`;
    const reason =
      why === 'padded'
        ? `${which}, and "${place}" pads its input: at the border the constant is missing, so it cannot become a bias.`
        : `${which}, and the bias of "${place}" is computed at run time.`;
    return { code: why ?? 'padded', place, node, reason };
  });
}
