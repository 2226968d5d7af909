import { EngineFault } from '../engine.ts';
import type { TfjsLayer } from './library.ts';

/**
 * Refuses a layer that TensorFlow.js 4.22 is known to compute wrongly without saying so: it takes
 * the factors of a BatchNormalization as those of the last axis, whatever axis the layer names.
 */
export function refuseKnownFaults(layer: TfjsLayer): void {
  if (layer.getClassName() !== 'BatchNormalization') return;
  const { axis } = layer.getConfig();
  const rank = layer.inputSpec?.[0]?.ndim;
  if (typeof axis !== 'number' || rank === undefined || rank < 3) return;
  if ((axis + rank) % rank === rank - 1) return;
  const text = `TensorFlow.js cannot run the layer "${layer.name}" (BatchNormalization): it normalizes the last axis only, and not axis ${axis}.`;
  throw new EngineFault('cannot-load', text, layer.name);
}
