import { resolvingConstants } from '../graph/constants.ts';
import { GraphDraft } from '../graph/draft.ts';
import type { NodeId } from '../graph/graph.ts';
import { layerOf, layersOf, type Layer } from '../graph/layer.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import { nounText } from '../reports/words.ts';
import { wiringOf } from '../graph/wiring.ts';
import { writeBias } from '../sets/writeScaling.ts';
import type { GraphPass, Skip } from './pass.ts';

/** The bias of a layer as it was before a correction; null: it had none. */
export interface FormerBias {
  readonly layer: string;
  readonly bias: Tensor | null;
}

/** One layer whose bias is as it was. */
export interface BiasRestored {
  readonly layer: string;
  readonly node: NodeId;
  /** The layer had no bias before, and has none again. */
  readonly biasRemoved: boolean;
}

/** Takes a bias correction back, bit for bit, with what was noted of the biases before it. */
export const restoreBiases: GraphPass<{ readonly former: readonly FormerBias[] }, BiasRestored> = {
  id: 'restoreBiases',
  title: 'Remove bias correction',
  defaults: { former: [] },
  async run(graph, { former }, job) {
    const draft = new GraphDraft(graph);
    const wiring = resolvingConstants(draft);
    const byName = new Map(layersOf(graph, wiringOf(graph)).map((layer) => [layer.name, layer]));
    const applied: BiasRestored[] = [];
    const skipped: Skip[] = [];
    for (const [done, { layer: name, bias }] of former.entries()) {
      await job.checkpoint(done, former.length, name);
      const known = byName.get(name);
      const node = known && draft.node(known.node.id);
      const layer = node && layerOf(node, wiring);
      if (!layer) {
        const reason = `There is no layer "${name}" any more; its bias cannot be brought back.`;
        skipped.push({ code: 'no-layer', place: name, reason });
        continue;
      }
      const count = bias ? elementCount(bias.dims) : 0;
      // One number may stand for all channels.
      if (bias && count !== layer.outChannels && count !== 1) {
        const has = nounText(count, 'value');
        const reason = `The bias that was noted of "${name}" has ${has}, and the layer has ${nounText(layer.outChannels, 'channel')}: it is not brought back.`;
        skipped.push({ code: 'no-fit', place: name, reason });
        continue;
      }
      if (bias) writeBias(draft, layer, { ...bias, name: layer.bias?.name ?? bias.name });
      else removeBias(draft, layer);
      applied.push({ layer: name, node: layer.node.id, biasRemoved: bias === null });
    }
    const edits = draft.edits;
    return {
      graph: draft.close(),
      edits,
      applied,
      skipped,
      isExact: edits.length === 0,
      correspondences: [],
    };
  },
};

/** Takes out a bias that a correction added: the third input, or the Add after a MatMul. */
function removeBias(draft: GraphDraft, layer: Layer): void {
  const { bias, biasAdd, node } = layer;
  if (!bias) return;
  if (biasAdd === undefined) {
    draft.setNode({ ...node, inputs: node.inputs.slice(0, 2) });
    if (draft.useCount(bias.name) === 0) draft.setTensor(bias.name, undefined);
    return;
  }
  const add = draft.node(biasAdd);
  const [output = ''] = add?.outputs ?? [];
  draft.removeNode(biasAdd);
  draft.setNode({ ...node, outputs: [output] });
}
