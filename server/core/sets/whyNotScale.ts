import { whyFixed } from '../graph/fixed.ts';
import type { Graph } from '../graph/graph.ts';
import type { Wiring } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { isAllFinite } from '../kernels/finite.ts';
import type { Refusal } from './channelPlace.ts';
import { broadcastingMin, opsetOf } from './clamps.ts';
import type { ClsSet } from './findSets.ts';
import type { Link } from './links.ts';
import type { Scaling } from './scaling.ts';

/** What is done with a ReLU6 (or another clamp) between two layers. */
export type Relu6Handling = 'cap' | 'keep' | 'relu' | 'bound';

/** Why a set cannot be scaled, if so. Reads its weights. */
export async function whyNotScale(
  set: ClsSet,
  graph: Graph,
  wiring: Wiring,
  options: { readonly sets: 'ours' | 'aimet'; readonly relu6: Relu6Handling },
  scaling: Scaling,
): Promise<Refusal | undefined> {
  for (const link of set.links) {
    const why = whyNotClamps(link, graph, options.relu6);
    if (why) return why;
  }
  for (const layer of set.layers) {
    const fixed = whyFixed(graph.fixed, layer.node);
    if (fixed) return fixed;
    const name = layer.node.inputs[1] ?? '';
    if (options.sets === 'aimet' && wiring.useCount(name) > 1) {
      return {
        code: 'shared-weight',
        reason: `the weight "${name}" is shared, and AIMET leaves it`,
      };
    }
  }
  const faulty = await notFinite(set, scaling);
  if (faulty === undefined) return undefined;
  return {
    code: 'non-finite',
    reason: `the tensor "${faulty}" has NaN or infinite elements`,
    remedy: 'Export the model again from a checkpoint whose weights are finite.',
  };
}

/** The name of a weight or bias of a set that is not finite. */
async function notFinite(set: ClsSet, scaling: Scaling): Promise<string | undefined> {
  const weight = (await scaling.notFinite(set))?.weight.name;
  return (
    weight ?? set.layers.find(({ bias }) => bias && !isAllFinite(readFloats(bias)))?.bias?.name
  );
}

function whyNotClamps(link: Link, graph: Graph, relu6: Relu6Handling): Refusal | undefined {
  const opset = opsetOf(graph);
  for (const step of link.steps) {
    if (step.kind !== 'clamp') continue;
    const { op } = step.node;
    if (relu6 === 'cap' && opset < broadcastingMin) {
      return {
        code: 'opset',
        reason: `a bound per channel for the ${op} between them needs operator set 8, and the model has ${opset}`,
        remedy: 'Convert the model to a newer operator set, or choose bounded factors.',
      };
    }
    if (relu6 === 'relu' && !(op === 'Clip' && step.activation.lo.every((lo) => lo === 0))) {
      return {
        code: 'not-relu6',
        reason: `the ${op} between them is not a Clip from 0 and cannot become Relu`,
        remedy: 'Choose exact per-channel caps.',
      };
    }
  }
  return undefined;
}
