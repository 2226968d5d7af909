import { resolvingConstants } from '../graph/constants.ts';
import { GraphDraft } from '../graph/draft.ts';
import { whyBare, whyFixed } from '../graph/fixed.ts';
import { floatAttribute, type Graph, type NodeId } from '../graph/graph.ts';
import { layerOf, layersOf, type Layer, type Wiring } from '../graph/layer.ts';
import { effectiveBias } from '../graph/layerFacts.ts';
import { wiringOf } from '../graph/wiring.ts';
import { addToBias } from '../sets/addToBias.ts';
import type { Refusal } from '../sets/channelPlace.ts';
import type { GraphPass, Skip } from './pass.ts';

/** What is to be taken from the output of one layer. */
export interface BiasError {
  /** Name of the layer. */
  readonly layer: string;
  /**
   * Mean error of each output channel that the rounded weights cause: mean(rounded - float) of
   * the output before the activation.
   */
  readonly error: readonly number[];
}

/** The errors, measured or computed beforehand. */
export interface CorrectBiasesOptions {
  readonly errors: readonly BiasError[];
}

/** One layer whose bias was corrected. */
export interface BiasCorrected {
  readonly layer: string;
  readonly node: NodeId;
  readonly channels: number;
  /** The layer had no bias and got one. */
  readonly biasAdded: boolean;
  /** Mean over the channels of |error|, in units of the layer's output. */
  readonly meanError: number;
}

/**
 * Bias correction (Nagel et al. 2019, section 4.2; algorithms: section 5): rounding the weights
 * shifts the mean of every output channel, and the bias takes the shift back.
 *
 *   b[o] <- b[o] - error[o]
 *
 * The float outputs move: the corrected network is made for its grid.
 */
export const correctBiases: GraphPass<CorrectBiasesOptions, BiasCorrected> = {
  id: 'correctBiases',
  title: 'Correct biases',
  defaults: { errors: [] },
  async run(graph, { errors }, job) {
    const draft = new GraphDraft(graph);
    const wiring = resolvingConstants(draft);
    const byName = new Map(layersOf(graph, wiringOf(graph)).map((layer) => [layer.name, layer]));
    const applied: BiasCorrected[] = [];
    const skipped: Skip[] = [];
    for (const [done, { layer: name, error }] of errors.entries()) {
      await job.checkpoint(done, errors.length, name);
      const known = byName.get(name);
      const node = known && draft.node(known.node.id);
      const layer = node && layerOf(node, wiring);
      const refused = layer
        ? (whyNotCorrected(layer, graph, wiring) ?? whyNotThese(layer, error))
        : unknownLayer(name);
      if (refused || !layer) {
        if (refused) skipped.push({ ...refused, place: name, ...(node ? { node: node.id } : {}) });
        continue;
      }
      if (error.every((value) => value === 0)) continue;
      addToBias(
        draft,
        layer,
        Float64Array.from(error, (value) => -value),
      );
      applied.push({
        layer: name,
        node: layer.node.id,
        channels: error.length,
        biasAdded: layer.bias === undefined,
        meanError: error.reduce((sum, value) => sum + Math.abs(value), 0) / error.length,
      });
    }
    return {
      graph: draft.close(),
      edits: draft.edits,
      applied,
      skipped,
      isExact: applied.length === 0,
      correspondences: [],
    };
  },
};

/** Why a layer's bias cannot be corrected; undefined where it can. */
export function whyNotCorrected(
  layer: Layer,
  { fixed, lacksBias }: Pick<Graph, 'fixed' | 'lacksBias'>,
  wiring: Wiring,
): Refusal | undefined {
  const { bias, name, weight, node } = layer;
  const file = whyFixed(fixed, node) ?? whyBare(lacksBias, node);
  if (file) return file;
  if (layer.kind === 'gemm' && floatAttribute(node, 'beta', 1) === 0) {
    return {
      code: 'no-beta',
      reason: `"${name}" multiplies its bias by 0 (beta), so no bias can take an error back.`,
      remedy: 'Set its beta to 1, and its bias to 0.',
    };
  }
  if (wiring.users(weight.name).length > 1 && bias && usersOf(bias.name, wiring) > 1) {
    return {
      code: 'shared-weight',
      reason: `"${name}" shares its weight and bias with another layer, and the error of each is its own.`,
      remedy: 'Give each use a bias of its own.',
    };
  }
  if (effectiveBias(layer)) return undefined;
  return wiring.tensor(node.inputs[2] ?? '')
    ? {
        code: 'bias-shape',
        reason: `The bias of "${name}" does not have one number for each output channel.`,
      }
    : {
        code: 'dynamic-bias',
        reason: `The bias of "${name}" is computed at run time.`,
        remedy: 'Export the model with its parameters as constants.',
      };
}

const usersOf = (value: string, wiring: Wiring): number => wiring.users(value).length;

function whyNotThese(layer: Layer, error: readonly number[]): Refusal | undefined {
  if (error.length !== layer.outChannels) {
    return {
      code: 'channels',
      reason: `${error.length} errors were given for the ${layer.outChannels} output channels of "${layer.name}".`,
    };
  }
  if (error.every(Number.isFinite)) return undefined;
  return {
    code: 'not-finite',
    reason: `The mean output of "${layer.name}" is not finite on these samples.`,
    remedy: 'Look for samples on which the network overflows.',
  };
}

const unknownLayer = (name: string): Refusal => ({
  code: 'no-layer',
  reason: `There is no layer "${name}".`,
});
