import type { Layer, WeightLayout } from '../graph/layer.ts';
import { readFloatsInParts } from '../graph/floatParts.ts';
import type { FloatArray } from '../graph/tensor.ts';
import {
  absMaxByBoth,
  absMaxByInput,
  absMaxByOutput,
  emptyLike,
  scaleChannels,
  type ChannelMaxima,
} from '../kernels/channels.ts';
import { chunksOf } from '../kernels/chunks.ts';
import { finish } from '../kernels/inParts.ts';
import { tapMaxima, withoutTaps, type TapMaxima } from '../kernels/tapMaxima.ts';
import { areAll, divideBy, multiplyBy, product, raiseTo } from '../kernels/vectors.ts';

/** Called between two parts of a large weight, so that nothing waits long. */
export type Pause = () => Promise<void>;

/**
 * A layer with factors on both sides of its weight that are not applied yet. Its ranges are those
 * that the weight would have; they come from the largest value of each pair of channels, so the
 * weight is read once, however often a factor changes.
 */
export class ScaledLayer {
  /** Factor of each output channel, of weight and bias. */
  readonly byOutput: Float64Array;
  readonly byInput: Float64Array;
  #weight: FloatArray | undefined;
  #maxima: TapMaxima | undefined;
  #isOutputScaled = false;
  #isInputScaled = false;
  /** Of the weight as it is. */
  #plain: ChannelMaxima | undefined;
  /** With the factors of the other side, where they are not 1. */
  #output: Float64Array | undefined;
  #input: Float64Array | undefined;

  constructor(
    readonly layer: Layer,
    private readonly pause: Pause,
    /** False: a weight that can be read again is not held until it is written. */
    private readonly keepsWeight = true,
  ) {
    this.byOutput = new Float64Array(layer.outChannels).fill(1);
    this.byInput = new Float64Array(layer.inChannels).fill(1);
  }

  /** Largest |w| of each output channel. */
  async outputRange(): Promise<Float64Array> {
    const plain = (this.#plain ??= await this.#both());
    if (this.#isInputScaled) this.#output ??= await this.#largest(this.byInput, true);
    const range = this.#output ?? plain.output;
    return this.#isOutputScaled ? product(range, this.byOutput) : range;
  }

  /** Largest |w| of each input channel. */
  async inputRange(): Promise<Float64Array> {
    const plain = (this.#plain ??= await this.#both());
    if (this.#isOutputScaled) this.#input ??= await this.#largest(this.byOutput, false);
    const range = this.#input ?? plain.input;
    return this.#isInputScaled ? product(range, this.byInput) : range;
  }

  divideOutput(divisor: ArrayLike<number>): void {
    divideBy(this.byOutput, divisor);
    this.#isOutputScaled = true;
    this.#input = undefined;
  }

  multiplyInput(factor: ArrayLike<number>): void {
    multiplyBy(this.byInput, factor);
    this.#isInputScaled = true;
    this.#output = undefined;
  }

  /** The weight with the factors applied. The weight as it was is let go of. */
  async scaledWeight(): Promise<FloatArray> {
    const byOutput = unlessOne(this.byOutput);
    const byInput = unlessOne(this.byInput);
    const weight = await this.#read();
    const out = emptyLike(weight);
    for (const chunk of chunksOf(this.layer.layout)) {
      if (chunk.start > 0) await this.pause();
      const { layout, start, end, firstOutput, firstInput } = chunk;
      scaleChannels(
        weight.subarray(start, end),
        layout,
        byOutput?.subarray(firstOutput, firstOutput + outputsOf(layout)),
        byInput?.subarray(firstInput, firstInput + inputsOf(layout)),
        out.subarray(start, end),
      );
    }
    this.#weight = undefined;
    this.#maxima = undefined;
    return out;
  }

  async #read(): Promise<FloatArray> {
    return (this.#weight ??= await finish(readFloatsInParts(this.layer.weight), this.pause));
  }

  async #tapMaxima(): Promise<TapMaxima> {
    if (this.#maxima) return this.#maxima;
    const weight = await this.#read();
    const { layout } = this.layer;
    if (layout.taps === 1) return (this.#maxima = tapMaxima(weight, layout));
    if (!this.keepsWeight) this.#weight = undefined;
    const values = emptyLike(weight.subarray(0, weight.length / layout.taps));
    for (const { layout: part, start, end } of chunksOf(layout)) {
      if (start > 0) await this.pause();
      values.set(tapMaxima(weight.subarray(start, end), part).values, start / layout.taps);
    }
    return (this.#maxima = { values, layout: withoutTaps(layout) });
  }

  /** Largest |w| of each channel of both sides. */
  async #both(): Promise<ChannelMaxima> {
    const { values, layout: whole } = await this.#tapMaxima();
    const output = new Float64Array(this.byOutput.length);
    const input = new Float64Array(this.byInput.length);
    for (const { layout, start, end, firstOutput, firstInput } of chunksOf(whole)) {
      if (start > 0) await this.pause();
      const found = absMaxByBoth(values.subarray(start, end), layout);
      if (layout === whole) return found;
      raise(output, firstOutput, found.output);
      raise(input, firstInput, found.input);
    }
    return { output, input };
  }

  /** Largest |w| of each channel of one side, with the factors of the other side. */
  async #largest(factors: Float64Array, ofOutputs: boolean): Promise<Float64Array> {
    const { values, layout: whole } = await this.#tapMaxima();
    const top = new Float64Array(ofOutputs ? this.byOutput.length : this.byInput.length);
    for (const { layout, start, end, firstOutput, firstInput } of chunksOf(whole)) {
      if (start > 0) await this.pause();
      const part = values.subarray(start, end);
      const [first, other, others] = ofOutputs
        ? [firstOutput, firstInput, inputsOf(layout)]
        : [firstInput, firstOutput, outputsOf(layout)];
      const by = factors.subarray(other, other + others);
      const found = ofOutputs ? absMaxByOutput(part, layout, by) : absMaxByInput(part, layout, by);
      if (layout === whole) return found;
      raise(top, first, found);
    }
    return top;
  }
}

/** Raises the values from `first` to those of a part. */
const raise = (top: Float64Array, first: number, part: Float64Array): void =>
  raiseTo(top.subarray(first, first + part.length), part);

const outputsOf = ({ groups, outPerGroup }: WeightLayout): number => groups * outPerGroup;
const inputsOf = ({ groups, inPerGroup }: WeightLayout): number => groups * inPerGroup;

/** Factors that are all 1 need no multiplication. */
const unlessOne = (factors: Float64Array): Float64Array | undefined =>
  areAll(factors, 1) ? undefined : factors;
