/** A small MobileNet and what it takes to train it: forward, backward, SGD with momentum. */
import { generator, normal } from './draw.ts';

/** One layer: convolution (no bias), batch norm, and ReLU6 where `isActive`. */
export interface LayerPlan {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly isDepthwise: boolean;
  readonly isActive: boolean;
  readonly inSize: number;
  /** Adds the input of the layer with this name to its own output. */
  readonly addInputOf?: string;
}

export interface LayerState extends LayerPlan {
  readonly outSize: number;
  readonly w: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

export const epsilon = 1e-5;
const keepStatistics = 0.95;

const plan = (
  name: string,
  inChannels: number,
  outChannels: number,
  inSize: number,
  more: Partial<LayerPlan> = {},
): LayerPlan => ({
  name,
  inChannels,
  outChannels,
  kernel: 1,
  stride: 1,
  isDepthwise: false,
  isActive: true,
  inSize,
  ...more,
});
const deep = { kernel: 3, isDepthwise: true };

export const plans: readonly LayerPlan[] = [
  plan('stem', 1, 16, 32, { kernel: 3, stride: 2 }),
  plan('block1_dw', 16, 16, 16, deep),
  plan('block1_pw', 16, 32, 16),
  plan('block2_dw', 32, 32, 16, { ...deep, stride: 2 }),
  plan('block2_pw', 32, 48, 8),
  plan('block3_expand', 48, 96, 8),
  plan('block3_dw', 96, 96, 8, deep),
  plan('block3_project', 96, 48, 8, { isActive: false, addInputOf: 'block3_expand' }),
  plan('block4_dw', 48, 48, 8, { ...deep, stride: 2 }),
  plan('block4_pw', 48, 96, 4),
  plan('block5_dw', 96, 96, 4, deep),
  plan('block5_pw', 96, 128, 4),
];
export const classCount = 10;

export interface Network {
  readonly layers: LayerState[];
  readonly fc: Float32Array;
  readonly fcBias: Float32Array;
}

export function initialize(seed: number): Network {
  const random = generator(seed);
  const layers = plans.map((one): LayerState => {
    const fan = one.kernel ** 2 * (one.isDepthwise ? 1 : one.inChannels);
    const w = new Float32Array(one.outChannels * fan);
    for (let i = 0; i < w.length; i++) w[i] = normal(random) * Math.sqrt(2 / fan);
    const filled = (value: number): Float32Array => new Float32Array(one.outChannels).fill(value);
    return {
      ...one,
      outSize: one.inSize / one.stride,
      w,
      gamma: filled(1),
      beta: filled(0),
      mean: filled(0),
      variance: filled(1),
    };
  });
  const last = plans.at(-1)!.outChannels;
  const fc = new Float32Array(classCount * last);
  for (let i = 0; i < fc.length; i++) fc[i] = normal(random) * Math.sqrt(1 / last);
  return { layers, fc, fcBias: new Float32Array(classCount) };
}

/** Convolution with zero padding (kernel-1)/2, NCHW, batch first. `y` is overwritten. */
export function convolve(
  l: LayerPlan,
  outSize: number,
  w: Float32Array,
  x: Float32Array,
  y: Float32Array,
  batch: number,
): void {
  const { inChannels: I, outChannels: O, kernel: k, stride, inSize: S } = l;
  const inArea = S * S;
  const outArea = outSize * outSize;
  const pad = (k - 1) >> 1;
  y.fill(0);
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < O; o++) {
      const yo = (n * O + o) * outArea;
      const inputs = l.isDepthwise ? 1 : I;
      for (let i = 0; i < inputs; i++) {
        const xi = (n * I + (l.isDepthwise ? o : i)) * inArea;
        const wi = (o * inputs + i) * k * k;
        if (k === 1) {
          const f = w[wi]!;
          for (let p = 0; p < outArea; p++) y[yo + p]! += f * x[xi + p]!;
          continue;
        }
        for (let kh = 0; kh < k; kh++) {
          for (let kw = 0; kw < k; kw++) {
            const f = w[wi + kh * k + kw]!;
            for (let r = 0; r < outSize; r++) {
              const ir = r * stride + kh - pad;
              if (ir < 0 || ir >= S) continue;
              const row = xi + ir * S + kw - pad;
              const first = kw < pad ? Math.ceil((pad - kw) / stride) : 0;
              const last = Math.min(outSize - 1, Math.floor((S - 1 - kw + pad) / stride));
              for (let c = first; c <= last; c++)
                y[yo + r * outSize + c]! += f * x[row + c * stride]!;
            }
          }
        }
      }
    }
  }
}

/** Gradients of `convolve`: adds to `dw`, overwrites `dx`. */
export function convolveBack(
  l: LayerPlan,
  outSize: number,
  w: Float32Array,
  x: Float32Array,
  dy: Float32Array,
  dw: Float32Array,
  dx: Float32Array,
  batch: number,
): void {
  const { inChannels: I, outChannels: O, kernel: k, stride, inSize: S } = l;
  const inArea = S * S;
  const outArea = outSize * outSize;
  const pad = (k - 1) >> 1;
  dx.fill(0);
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < O; o++) {
      const yo = (n * O + o) * outArea;
      const inputs = l.isDepthwise ? 1 : I;
      for (let i = 0; i < inputs; i++) {
        const xi = (n * I + (l.isDepthwise ? o : i)) * inArea;
        const wi = (o * inputs + i) * k * k;
        if (k === 1) {
          const f = w[wi]!;
          let sum = 0;
          for (let p = 0; p < outArea; p++) {
            const g = dy[yo + p]!;
            sum += g * x[xi + p]!;
            dx[xi + p]! += f * g;
          }
          dw[wi]! += sum;
          continue;
        }
        for (let kh = 0; kh < k; kh++) {
          for (let kw = 0; kw < k; kw++) {
            const f = w[wi + kh * k + kw]!;
            let sum = 0;
            for (let r = 0; r < outSize; r++) {
              const ir = r * stride + kh - pad;
              if (ir < 0 || ir >= S) continue;
              const row = xi + ir * S + kw - pad;
              const first = kw < pad ? Math.ceil((pad - kw) / stride) : 0;
              const last = Math.min(outSize - 1, Math.floor((S - 1 - kw + pad) / stride));
              for (let c = first; c <= last; c++) {
                const g = dy[yo + r * outSize + c]!;
                sum += g * x[row + c * stride]!;
                dx[row + c * stride]! += f * g;
              }
            }
            dw[wi + kh * k + kw]! += sum;
          }
        }
      }
    }
  }
}

/** What the backward pass needs of one layer's forward pass. */
export interface Trace {
  input: Float32Array;
  normalized: Float32Array;
  pre: Float32Array;
  sigma: Float32Array;
}

/** Output of one layer in training (batch statistics, running ones updated) or inference. */
export function forwardLayer(
  l: LayerState,
  x: Float32Array,
  batch: number,
  isTraining: boolean,
): { y: Float32Array; trace: Trace } {
  const area = l.outSize ** 2;
  const y = new Float32Array(batch * l.outChannels * area);
  convolve(l, l.outSize, l.w, x, y, batch);
  const normalized = new Float32Array(y.length);
  const pre = new Float32Array(y.length);
  const sigma = new Float32Array(l.outChannels);
  for (let o = 0; o < l.outChannels; o++) {
    let mean = l.mean[o]!;
    let variance = l.variance[o]!;
    if (isTraining) {
      let sum = 0;
      let squares = 0;
      for (let n = 0; n < batch; n++) {
        const at = (n * l.outChannels + o) * area;
        for (let p = at; p < at + area; p++) {
          sum += y[p]!;
          squares += y[p]! ** 2;
        }
      }
      mean = sum / (batch * area);
      variance = Math.max(0, squares / (batch * area) - mean ** 2);
      l.mean[o] = keepStatistics * l.mean[o]! + (1 - keepStatistics) * mean;
      l.variance[o] = keepStatistics * l.variance[o]! + (1 - keepStatistics) * variance;
    }
    const s = Math.sqrt(variance + epsilon);
    sigma[o] = s;
    for (let n = 0; n < batch; n++) {
      const at = (n * l.outChannels + o) * area;
      for (let p = at; p < at + area; p++) {
        const z = (y[p]! - mean) / s;
        normalized[p] = z;
        const v = l.gamma[o]! * z + l.beta[o]!;
        pre[p] = v;
        y[p] = l.isActive ? Math.min(6, Math.max(0, v)) : v;
      }
    }
  }
  return { y, trace: { input: x, normalized, pre, sigma } };
}
