import type { Affine, Refusal } from '../../graph/affine.ts';
import { displayName, type Node } from '../../graph/graph.ts';
import type { Layer, Wiring } from '../../graph/layer.ts';
import { isFloat } from '../../graph/tensor.ts';
import { nounText } from '../../reports/words.ts';

/** Why a node of a layer's operator is none that can be computed with. */
export function whyNotLayer(node: Node, wiring: Wiring): Refusal {
  const name = displayName(node);
  const weight = wiring.tensor(node.inputs[1] ?? '');
  if (!weight) {
    const maker = wiring.maker(node.inputs[1] ?? '');
    if (maker?.op === 'DequantizeLinear') {
      return {
        code: 'quantized',
        reason: `The weight of "${name}" is quantized already.`,
        remedy: 'Open the float model that this one was made from.',
      };
    }
    if (node.op === 'MatMul' && wiring.tensor(node.inputs[0] ?? '')) {
      return {
        code: 'weight-on-left',
        reason: `The weight of "${name}" is the left operand of the product.`,
      };
    }
    return {
      code: 'dynamic-weight',
      reason: `The weight of "${name}" is computed at run time.`,
      remedy: 'Export the model with its weights as constants.',
    };
  }
  if (!isFloat(weight.type)) {
    return { code: 'type', reason: `The weight of "${name}" is ${weight.type}, not float.` };
  }
  return {
    code: 'weight-shape',
    reason: `The weight of "${name}" is [${weight.dims.join(', ')}], which does not fit the operator.`,
  };
}

/** Why an affine cannot be folded where its channels lie on another axis than the layer's. */
export function whyOtherAxis(
  affine: Affine,
  layer: Layer,
  axis: number | undefined,
  side: 'output' | 'input',
): Refusal {
  if (axis === undefined) {
    return {
      code: 'rank-unknown',
      reason: `The rank of the ${side} of "${layer.name}" is not known, so neither is the axis that "${affine.name}" works on.`,
      remedy: 'Save the model with its shapes inferred.',
    };
  }
  return {
    code: 'rank',
    reason: `"${affine.name}" works on axis ${affine.axis}, but the ${side} channels of "${layer.name}" are on axis ${axis}.`,
  };
}

/** Why an affine with another number of channels than the layer has cannot be folded. */
export const whyOtherCount = (affine: Affine, layer: Layer, count: number): Refusal => ({
  code: 'channels',
  reason: `"${affine.name}" has ${nounText(affine.scale.length, 'channel')}, which ${affine.scale.length === 1 ? 'does' : 'do'} not fit the ${count} of "${layer.name}".`,
});

/** Why a layer whose bias cannot be read cannot take a shift. */
export function whyNoBias(layer: Layer, wiring: Wiring): Refusal {
  if (wiring.tensor(layer.node.inputs[2] ?? '')) {
    return {
      code: 'bias-shape',
      reason: `The bias of "${layer.name}" does not have one number for each output channel.`,
    };
  }
  return {
    code: 'dynamic-bias',
    reason: `The bias of "${layer.name}" is computed at run time.`,
    remedy: 'Export the model with its parameters as constants.',
  };
}
