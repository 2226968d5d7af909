import { floatAttribute, type Node } from '../../../core/graph/graph.ts';
import { objectOf, textOf } from '../config/fields.ts';
import type { Json } from '../config/json.ts';
import type { KerasLayer } from '../config/model.ts';

/** A change to a layer's configuration: a field, or a flag that Keras 1 may call otherwise. */
export type LayerEdit =
  | { readonly kind: 'flag'; readonly name: string; readonly value: boolean }
  | { readonly kind: 'field'; readonly name: string; readonly value: Json };

const field = (name: string, value: Json): LayerEdit => ({ kind: 'field', name, value });

/**
 * What a change of a node says of its layer: another epsilon, or ReLU6 that became ReLU. Undefined
 * where there is no way to say it.
 */
export function layerEdit(layer: KerasLayer, before: Node, after: Node): LayerEdit | undefined {
  if (before.op === 'BatchNormalization' && after.op === before.op) {
    return field('epsilon', floatAttribute(after, 'epsilon', 1e-3));
  }
  if (before.op === 'Clip' && after.op === 'Relu') {
    if (layer.className === 'ReLU') return field('max_value', null);
    const { activation } = layer.config;
    if (textOf(activation) === 'relu6') return field('activation', 'relu');
    const { class_name: className, config } = objectOf(activation);
    if (className === 'ReLU') {
      return field('activation', {
        ...objectOf(activation),
        config: { ...objectOf(config), max_value: null },
      });
    }
    if (config === 'relu6') return field('activation', 'relu');
  }
  return undefined;
}
