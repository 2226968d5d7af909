import type { Layer } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';
import type { Job } from '../job.ts';
import { forEachRun } from '../kernels/channels.ts';
import { isSilent } from '../reports/weightStatistics.ts';
import type { DeadRead } from './finding.ts';

/** A layer that reads channels which are always 0. */
export interface DeadInput {
  readonly layer: Layer;
  /** Name of the layer that makes the channels. */
  readonly from: string;
  /** Input channels of `layer`. */
  readonly channels: readonly number[];
}

/** How much of each layer's scales the weights on dead channels hold. */
export async function measureDeadReads(
  inputs: readonly DeadInput[],
  job: Job,
): Promise<DeadRead[]> {
  const reads: DeadRead[] = [];
  for (const [done, input] of inputs.entries()) {
    await job.checkpoint(done, inputs.length, input.layer.name);
    reads.push(measure(input));
  }
  return reads;
}

function measure({ layer, from, channels }: DeadInput): DeadRead {
  const w = readFloats(layer.weight);
  const isDead = new Uint8Array(layer.inChannels);
  for (const channel of channels) isDead[channel] = 1;
  const dead = new Float64Array(layer.outChannels);
  const live = new Float64Array(layer.outChannels);
  forEachRun(layer.layout, (out, input, offset) => {
    const tops = isDead[input] === 1 ? dead : live;
    let top = tops[out] ?? 0;
    for (let k = offset; k < offset + layer.layout.taps; k++) {
      const a = Math.abs(w[k] ?? 0);
      if (a > top) top = a;
    }
    tops[out] = top;
  });
  const max = (tops: Float64Array): number => tops.reduce((top, value) => Math.max(top, value), 0);
  const [deadMax, liveMax] = [max(dead), max(live)];
  // An output channel that is next to 0 anyway loses nothing by a coarser scale.
  const isHeld = (top: number, out: number): boolean =>
    !isSilent(top, liveMax) && (dead[out] ?? 0) > top;
  const heldChannels = live.filter(isHeld).length;
  return { layer: layer.node.id, from, channels, deadMax, liveMax, heldChannels };
}
