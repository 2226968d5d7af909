import { flagOf, numberOf, textOf } from '../config/fields.ts';
import type { LayerContext } from './builder.ts';
import type { Flow } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { asIs } from './weightViews.ts';

/** softmax(scores) V on matrices: what attention is, whatever the scores. */
const attentionBy =
  (scoresOf: (context: LayerContext, query: Flow, key: Flow) => string | undefined): Lowering =>
  (context, inputs, call) => {
    const { builder, layer } = context;
    const [query, value, key = value] = inputs.map((input) => builder.straight(input));
    const isMasked =
      call.kwargs['use_causal_mask'] === true ||
      flagOf(layer.config, ['causal'], false) ||
      inputs.length > 3;
    if (!query || !value || !key || isMasked || query.shape.length !== 3) return undefined;
    const scores = scoresOf(context, query, key);
    if (scores === undefined) return undefined;
    const weights = step(context, 'Softmax', 'weights', [scores], { axis: -1 });
    builder.add('MatMul', context.name, [weights, value.value], {}, context.output);
    builder.mark(layer.key, 'main');
    return builder.flow(context.output, [query.shape[0], query.shape[1], value.shape[2]], false);
  };

/** Q K^T scaled by a weight, or for `concat` c * sum(tanh(scale * (Q + K))). */
const attention = attentionBy((context, query, key) => {
  const mode = textOf(context.layer.config['score_mode'], 'dot');
  const weight = (slot: string): string => context.tensor(slot, context.need(slot, []));
  if (mode === 'concat') {
    const sums = pairSums(context, query, key);
    const inner = context.has('scale')
      ? step(context, 'Mul', 'scaled', [sums, weight('scale')])
      : sums;
    const total = overFeatures(context, step(context, 'Tanh', 'tanh', [inner]));
    return step(context, 'Mul', 'scores', [total, weight('concat_score_weight')]);
  }
  if (mode !== 'dot') return undefined;
  const turned = step(context, 'Transpose', 'key', [key.value], { perm: [0, 2, 1] });
  const scores = step(context, 'MatMul', 'scores', [query.value, turned]);
  return context.has('scale') ? step(context, 'Mul', 'scaled', [scores, weight('scale')]) : scores;
});

/** sum(scale * tanh(Q + K)), the scale a vector over the features. */
const additive = attentionBy((context, query, key) => {
  const tanh = step(context, 'Tanh', 'tanh', [pairSums(context, query, key)]);
  if (!context.has('scale')) return overFeatures(context, tanh);
  const scale = context.tensor('scale', context.need('scale', [query.shape[2]]));
  return overFeatures(context, step(context, 'Mul', 'scaled', [tanh, scale]));
});

/** Every query with every key: [batch, queries, keys, features]. */
function pairSums(context: LayerContext, query: Flow, key: Flow): string {
  const axis = (name: string, value: number): string =>
    context.builder.integers(context.part(name), [value]);
  const rows = step(context, 'Unsqueeze', 'queries', [query.value, axis('query_axis', 2)]);
  const columns = step(context, 'Unsqueeze', 'keys', [key.value, axis('key_axis', 1)]);
  return step(context, 'Add', 'sums', [rows, columns]);
}

function overFeatures(context: LayerContext, value: string): string {
  const axes = context.builder.integers(context.part('features'), [3]);
  return step(context, 'ReduceSum', 'totals', [value, axes], { keepdims: 0 });
}

const multiHead: Lowering = (context, inputs, call) => {
  const { builder, layer } = context;
  const { config } = layer;
  const [query, value, key = value] = inputs.map((input) => builder.straight(input));
  const isMasked = call.kwargs['use_causal_mask'] === true || inputs.length > 3;
  if (!query || !value || !key || isMasked || query.shape.length !== 3) return undefined;
  const heads = numberOf(config, ['num_heads'], 1);
  const size = numberOf(config, ['key_dim'], 1);
  const valueSize = typeof config['value_dim'] === 'number' ? config['value_dim'] : size;
  const q = project(context, query, 'query', heads, size);
  const k = project(context, key, 'key', heads, size);
  const v = project(context, value, 'value', heads, valueSize);
  const first = step(context, 'Transpose', 'query_heads', [q], { perm: [0, 2, 1, 3] });
  const second = step(context, 'Transpose', 'key_heads', [k], { perm: [0, 2, 3, 1] });
  const third = step(context, 'Transpose', 'value_heads', [v], { perm: [0, 2, 1, 3] });
  const root = builder.scalar(context.part('scale'), 1 / Math.sqrt(size));
  const scaled = step(context, 'Mul', 'scaled', [first, root]);
  const scores = step(context, 'MatMul', 'scores', [scaled, second]);
  const weights = step(context, 'Softmax', 'weights', [scores], { axis: -1 });
  const mixed = step(context, 'MatMul', 'mixed', [weights, third]);
  const turned = step(context, 'Transpose', 'joined_heads', [mixed], { perm: [0, 2, 1, 3] });
  const shape = builder.integers(context.part('joined_shape'), [0, 0, heads * valueSize]);
  const joined = step(context, 'Reshape', 'joined', [turned, shape]);
  return output(context, joined, query, heads * valueSize);
};

/** Dense to heads x size, then the heads apart. */
function project(
  context: LayerContext,
  flow: Flow,
  part: string,
  heads: number,
  size: number,
): string {
  const { builder } = context;
  const weight = context.need(`${part}/kernel`, [flow.shape[2], heads, size]);
  const [features = 1] = weight.dims;
  const view = { dims: [features, heads * size], perm: [0, 1], shape: [features, heads * size] };
  const kernel = context.tensor(`${part}/kernel`, weight, view);
  let value = step(context, 'MatMul', part, [flow.value, kernel]);
  if (context.has(`${part}/bias`)) {
    const bias = context.need(`${part}/bias`, [heads, size]);
    const flat = asIs([heads * size]);
    value = step(context, 'Add', `${part}_bias`, [
      value,
      context.tensor(`${part}/bias`, bias, flat),
    ]);
  }
  const shape = builder.integers(context.part(`${part}_shape`), [0, 0, heads, size]);
  return step(context, 'Reshape', `${part}_apart`, [value, shape]);
}

function output(context: LayerContext, joined: string, query: Flow, width: number): Flow {
  const { builder, layer } = context;
  const weight = context.need('attention_output/kernel');
  const units = weight.dims.at(-1) ?? 1;
  const view = { dims: [width, units], perm: [0, 1], shape: [width, units] };
  const kernel = context.tensor('attention_output/kernel', weight, view);
  const shape = [query.shape[0], query.shape[1], units];
  if (!context.has('attention_output/bias')) {
    builder.add('MatMul', context.name, [joined, kernel], {}, context.output);
    builder.mark(layer.key, 'output');
    return builder.flow(context.output, shape, false);
  }
  const product = step(context, 'MatMul', 'output', [joined, kernel]);
  const bias = context.tensor(
    'attention_output/bias',
    context.need('attention_output/bias', [units]),
  );
  builder.add('Add', context.name, [product, bias], {}, context.output);
  builder.mark(layer.key, 'bias');
  return builder.flow(context.output, shape, false);
}

function step(
  context: LayerContext,
  op: string,
  part: string,
  inputs: readonly string[],
  attributes: Parameters<LayerContext['builder']['add']>[3] = {},
): string {
  const value = context.builder.add(op, context.part(part), inputs, attributes);
  context.builder.mark(context.layer.key, part);
  return value;
}

/** Layers that weigh values by how well keys answer queries. */
export const attentionLayers: Lowerings = {
  Attention: attention,
  AdditiveAttention: additive,
  MultiHeadAttention: multiHead,
};
