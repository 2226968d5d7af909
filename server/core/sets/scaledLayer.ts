import type { Layer } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { absMaxByInput, absMaxByOutput, scaleChannels } from '../kernels/channels.ts';
import { tapMaxima, type TapMaxima } from '../kernels/tapMaxima.ts';

/**
 * A layer with factors on both sides of its weight that are not applied yet. Its ranges are those
 * that the weight would have; they come from the largest value of each pair of channels, so the
 * weight is read once, however often a factor changes.
 */
export class ScaledLayer {
  /** Factor of each output channel, of weight and bias. */
  readonly byOutput: Float64Array;
  readonly byInput: Float64Array;
  readonly #weight: FloatArray;
  readonly #maxima: TapMaxima;
  #plainOutput: Float64Array | undefined;
  #plainInput: Float64Array | undefined;

  constructor(readonly layer: Layer) {
    this.#weight = readFloats(layer.weight);
    this.#maxima = tapMaxima(this.#weight, layer.layout);
    this.byOutput = new Float64Array(layer.outChannels).fill(1);
    this.byInput = new Float64Array(layer.inChannels).fill(1);
  }

  /** Largest |w| of each output channel. */
  outputRange(): Float64Array {
    const { values, layout } = this.#maxima;
    this.#plainOutput ??= absMaxByOutput(values, layout, unlessOne(this.byInput));
    return this.#plainOutput.map((range, channel) => range * (this.byOutput[channel] ?? 1));
  }

  /** Largest |w| of each input channel. */
  inputRange(): Float64Array {
    const { values, layout } = this.#maxima;
    this.#plainInput ??= absMaxByInput(values, layout, unlessOne(this.byOutput));
    return this.#plainInput.map((range, channel) => range * (this.byInput[channel] ?? 1));
  }

  divideOutput(divisor: ArrayLike<number>): void {
    for (let o = 0; o < this.byOutput.length; o++) this.byOutput[o]! /= divisor[o] ?? 1;
    this.#plainInput = undefined;
  }

  multiplyInput(factor: ArrayLike<number>): void {
    for (let i = 0; i < this.byInput.length; i++) this.byInput[i]! *= factor[i] ?? 1;
    this.#plainOutput = undefined;
  }

  /** The weight with the factors applied. */
  scaledWeight(): FloatArray {
    const { byOutput, byInput } = this;
    return scaleChannels(this.#weight, this.layer.layout, unlessOne(byOutput), unlessOne(byInput));
  }
}

/** Factors that are all 1 need no multiplication. */
const unlessOne = (factors: Float64Array): Float64Array | undefined =>
  factors.every((factor) => factor === 1) ? undefined : factors;
