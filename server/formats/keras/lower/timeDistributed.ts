import type { Call } from '../config/inbound.ts';
import { LayerContext } from './builder.ts';
import type { Flow } from './flow.ts';
import type { Lowerings } from './lowering.ts';

/**
 * A layer that is called for each step of time: time is made part of the batch and given back
 * behind the layer. A dense layer works on the last axis anyway.
 */
export function timeDistributed(
  context: LayerContext,
  inputs: readonly Flow[],
  call: Call,
  lowerings: Lowerings,
): Flow | undefined {
  const { builder, layer, name, where, dialect, weights, output } = context;
  const { wrapped } = layer;
  const [input] = inputs;
  const lower = wrapped && lowerings[wrapped.className];
  if (!wrapped || !lower || !input || inputs.length !== 1) return undefined;
  const inner = (value: string, part: string): LayerContext =>
    new LayerContext(builder, { ...wrapped, key: layer.key }, part, value, weights, where, dialect);
  if (wrapped.className === 'Dense') return lower(inner(output, name), [input], call);
  const [batch, time, ...rest] = builder.straight(input).shape;
  if (time === undefined || rest.includes(undefined)) return undefined;
  const together = builder.integers(context.part('together_shape'), [
    -1,
    ...rest.map((size) => size ?? 1),
  ]);
  const merged = builder.add('Reshape', context.part('together'), [
    builder.straight(input).value,
    together,
  ]);
  builder.mark(layer.key, 'together');
  const flow = builder.flow(merged, [undefined, ...rest], false);
  const made = lower(inner(builder.freshName(context.part('steps')), name), [flow], call);
  if (!made || made.shape.slice(1).includes(undefined)) return undefined;
  const straight = builder.straight(made);
  const sizes = straight.shape.slice(1).map((size) => size ?? 1);
  const apart = builder.integers(context.part('apart_shape'), [-1, time, ...sizes]);
  builder.add('Reshape', context.part('apart'), [straight.value, apart], {}, output);
  builder.mark(layer.key, 'apart');
  return builder.flow(output, [batch, time, ...sizes], false);
}
