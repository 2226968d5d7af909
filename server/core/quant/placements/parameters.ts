import { intAttribute, intsAttribute, isStandard, type Node } from '../../graph/graph.ts';
import type { Wiring } from '../../graph/layer.ts';
import { isFloat, type Tensor } from '../../graph/tensor.ts';

/** A constant on its way into a node. */
export interface Parameter {
  /** Which input of the node it is. */
  readonly at: number;
  /** As quantsim configurations call it: `weight`, `bias`, `running_mean`, ... */
  readonly name: string;
  /** The constant itself, also where the node reads it through Transpose or the like. */
  readonly tensor: Tensor;
  /** Axis of that constant that has a scale for each index where scales are per channel. */
  readonly axis: number | undefined;
}

/** Names of the parameters by input; the first input is data unless it is named here. */
const names: Readonly<Record<string, readonly (string | undefined)[]>> = {
  Conv: [undefined, 'weight', 'bias'],
  ConvTranspose: [undefined, 'weight', 'bias'],
  Gemm: ['weight', 'weight', 'bias'],
  MatMul: ['weight', 'weight'],
  BatchNormalization: [undefined, 'weight', 'bias', 'running_mean', 'running_var'],
  InstanceNormalization: [undefined, 'weight', 'bias'],
  LayerNormalization: [undefined, 'weight', 'bias'],
  GroupNormalization: [undefined, 'weight', 'bias'],
  RMSNormalization: [undefined, 'weight'],
  PRelu: [undefined, 'weight'],
  Gather: ['weight'],
  LSTM: [undefined, 'weight_x', 'weight_r'],
  GRU: [undefined, 'weight_x', 'weight_r'],
  RNN: [undefined, 'weight_x', 'weight_r'],
};

/** The float constants that are parameters of a node (algorithms: section 6.9). */
export function parametersOf(node: Node, wiring: Wiring): Parameter[] {
  if (!isStandard(node)) return [];
  return (names[node.op] ?? []).flatMap((name, at) => {
    const found = name === undefined ? undefined : constantBehind(node.inputs[at] ?? '', wiring);
    if (name === undefined || !found || !isFloat(found.tensor.type)) return [];
    const axis = channelAxis(node, name, at, found.dims);
    const own = axis === undefined ? undefined : found.axes?.[axis];
    return [{ at, name, tensor: found.tensor, axis: own }];
  });
}

/** The axis of 6.8, in the constant as the node reads it; its rank tells of further axes. */
function channelAxis(
  node: Node,
  name: string,
  at: number,
  dims: readonly number[] | undefined,
): number | undefined {
  const rank = dims?.length ?? 0;
  if (name !== 'weight') return name.startsWith('weight') || rank !== 1 ? undefined : 0;
  switch (node.op) {
    case 'Conv':
      return rank > 2 ? 0 : undefined;
    case 'ConvTranspose': {
      if (rank <= 2) return undefined;
      // Depthwise, [C, 1, k, k]: the channels are on the first axis, the second has one place.
      const isDepthwise = dims?.[1] === 1 && dims[0] === intAttribute(node, 'group', 1);
      return isDepthwise ? 0 : 1;
    }
    case 'Gemm':
      if (at === 0 || rank !== 2) return undefined;
      return intAttribute(node, 'transB', 0) !== 0 ? 0 : 1;
    case 'MatMul':
      return at === 1 && rank > 1 ? rank - 1 : undefined;
    case 'PRelu': {
      const long = (dims ?? []).flatMap((size, axis) => (size > 1 ? [axis] : []));
      return long.length === 1 ? long[0] : undefined;
    }
    case 'Gather':
      return undefined;
    default:
      return rank === 1 ? 0 : undefined;
  }
}

interface Behind {
  readonly tensor: Tensor;
  /** As the node reads it; undefined where its shape was changed on the way. */
  readonly dims: readonly number[] | undefined;
  /** For each axis that the node sees, the constant's own. */
  readonly axes: readonly number[] | undefined;
}

const reshapes: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/** The constant of a value, also where the graph transposes or reshapes it when it runs. */
function constantBehind(value: string, wiring: Wiring): Behind | undefined {
  const tensor = wiring.tensor(value);
  if (tensor) return { tensor, dims: tensor.dims, axes: tensor.dims.map((_, axis) => axis) };
  const maker = wiring.maker(value);
  if (!maker || !isStandard(maker)) return undefined;
  const isMoved = maker.op === 'Identity' || maker.op === 'Transpose' || reshapes.has(maker.op);
  const source = isMoved ? constantBehind(maker.inputs[0] ?? '', wiring) : undefined;
  if (!source || maker.op === 'Identity') return source;
  const { dims, axes } = source;
  if (maker.op !== 'Transpose' || !dims || !axes) {
    return { tensor: source.tensor, dims: undefined, axes: undefined };
  }
  const perm = intsAttribute(maker, 'perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
  return {
    tensor: source.tensor,
    dims: perm.map((axis) => dims[axis] ?? 1),
    axes: perm.map((axis) => axes[axis] ?? axis),
  };
}
