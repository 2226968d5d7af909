import type { Call } from '../config/inbound.ts';
import type { LayerContext } from './builder.ts';
import type { Flow } from './flow.ts';

/** Lowers a layer; undefined where this use of it has no counterpart in ONNX that is known here. */
export type Lowering = (
  context: LayerContext,
  inputs: readonly Flow[],
  call: Call,
) => Flow | undefined;

/** Lowerings by the name of the layer's class. */
export type Lowerings = Readonly<Record<string, Lowering>>;
