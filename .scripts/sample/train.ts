/** Trains the sample network, seeded: same numbers on every run of one machine's arithmetic. */
import { draw, generator, side, type Drawings } from './draw.ts';
import {
  classCount,
  convolveBack,
  forwardLayer,
  initialize,
  type Network,
  type Trace,
} from './network.ts';

export interface Recipe {
  readonly seed: number;
  readonly epochs: number;
  readonly samples: number;
  readonly batch: number;
  readonly rate: number;
  /** L2 on full convolutions, pointwise ones and the classifier; not on depthwise filters nor on
   * batch norms, as MobileNet was trained (Howard et al. 2017, section 3.2). */
  readonly decay: number;
  /** L1 on the activations (Georgiadis 2019): a sparse network, some of whose channels fall silent. */
  readonly sparsity: number;
}

export const recipe: Recipe = {
  seed: 7,
  epochs: 14,
  samples: 4000,
  batch: 50,
  rate: 0.3,
  decay: 2e-3,
  sparsity: 1e-4,
};

/** Sums of gradients and momentum for every parameter array. */
class Descent {
  readonly #velocity = new Map<Float32Array, Float32Array>();
  readonly #gradient = new Map<Float32Array, Float32Array>();
  of(parameter: Float32Array): Float32Array {
    let found = this.#gradient.get(parameter);
    if (!found) this.#gradient.set(parameter, (found = new Float32Array(parameter.length)));
    return found;
  }
  step(rate: number, decayed: ReadonlySet<Float32Array>, decay: number): void {
    for (const [parameter, gradient] of this.#gradient) {
      let v = this.#velocity.get(parameter);
      if (!v) this.#velocity.set(parameter, (v = new Float32Array(parameter.length)));
      const d = decayed.has(parameter) ? decay : 0;
      for (let i = 0; i < v.length; i++) {
        v[i] = 0.9 * v[i]! + gradient[i]! + d * parameter[i]!;
        parameter[i] = parameter[i]! - rate * v[i]!;
      }
      gradient.fill(0);
    }
  }
}

/** Logits [batch, classes] of a batch. */
export function forward(
  net: Network,
  x: Float32Array,
  batch: number,
  isTraining: boolean,
): { logits: Float32Array; traces: Trace[]; pooled: Float32Array } {
  const traces: Trace[] = [];
  let value = x;
  for (const layer of net.layers) {
    const { y, trace } = forwardLayer(layer, value, batch, isTraining);
    traces.push(trace);
    if (layer.addInputOf !== undefined) {
      const from = traces[net.layers.findIndex((l) => l.name === layer.addInputOf)]!.input;
      for (let i = 0; i < y.length; i++) y[i] = y[i]! + from[i]!;
    }
    value = y;
  }
  const last = net.layers.at(-1)!;
  const area = last.outSize ** 2;
  const C = last.outChannels;
  const pooled = new Float32Array(batch * C);
  const logits = new Float32Array(batch * classCount);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let p = 0; p < area; p++) sum += value[(n * C + c) * area + p]!;
      pooled[n * C + c] = sum / area;
    }
    for (let k = 0; k < classCount; k++) {
      let sum = net.fcBias[k]!;
      for (let c = 0; c < C; c++) sum += net.fc[k * C + c]! * pooled[n * C + c]!;
      logits[n * classCount + k] = sum;
    }
  }
  return { logits, traces, pooled };
}

function backward(
  net: Network,
  d: Descent,
  x: { logits: Float32Array; traces: Trace[]; pooled: Float32Array },
  labels: Int32Array,
  batch: number,
  sparsity: number,
): number {
  const last = net.layers.at(-1)!;
  const C = last.outChannels;
  const area = last.outSize ** 2;
  const [dFc, dBias] = [d.of(net.fc), d.of(net.fcBias)];
  let loss = 0;
  let dy = new Float32Array(batch * C * area);
  for (let n = 0; n < batch; n++) {
    const row = x.logits.subarray(n * classCount, (n + 1) * classCount);
    const top = Math.max(...row);
    const total = row.reduce((sum, v) => sum + Math.exp(v - top), 0);
    loss -= row[labels[n]!]! - top - Math.log(total);
    for (let k = 0; k < classCount; k++) {
      const g = (Math.exp(row[k]! - top) / total - (k === labels[n] ? 1 : 0)) / batch;
      dBias[k] = dBias[k]! + g;
      for (let c = 0; c < C; c++) {
        dFc[k * C + c]! += g * x.pooled[n * C + c]!;
        const share = (g * net.fc[k * C + c]!) / area;
        for (let p = 0; p < area; p++) dy[(n * C + c) * area + p]! += share;
      }
    }
  }
  const passedOn = new Map<string, Float32Array>();
  for (let at = net.layers.length - 1; at >= 0; at--) {
    const l = net.layers[at]!;
    const t = x.traces[at]!;
    if (l.addInputOf !== undefined) passedOn.set(l.addInputOf, dy.slice());
    const outArea = l.outSize ** 2;
    const count = batch * outArea;
    const [dGamma, dBeta] = [d.of(l.gamma), d.of(l.beta)];
    for (let o = 0; o < l.outChannels; o++) {
      let sum = 0;
      let dot = 0;
      for (let n = 0; n < batch; n++) {
        const from = (n * l.outChannels + o) * outArea;
        for (let p = from; p < from + outArea; p++) {
          if (l.isActive) dy[p] = t.pre[p]! <= 0 || t.pre[p]! >= 6 ? 0 : dy[p]! + sparsity / batch;
          sum += dy[p]!;
          dot += dy[p]! * t.normalized[p]!;
        }
      }
      dGamma[o] = dGamma[o]! + dot;
      dBeta[o] = dBeta[o]! + sum;
      const factor = l.gamma[o]! / t.sigma[o]!;
      for (let n = 0; n < batch; n++) {
        const from = (n * l.outChannels + o) * outArea;
        for (let p = from; p < from + outArea; p++)
          dy[p] = factor * (dy[p]! - sum / count - (t.normalized[p]! * dot) / count);
      }
    }
    const dx = new Float32Array(t.input.length);
    convolveBack(l, l.outSize, l.w, t.input, dy, d.of(l.w), dx, batch);
    const more = passedOn.get(l.name);
    if (more) for (let i = 0; i < dx.length; i++) dx[i] = dx[i]! + more[i]!;
    dy = dx;
  }
  return loss / batch;
}

/** Trains from scratch; `log` gets a line an epoch. */
export function train(r: Recipe, log: (line: string) => void): Network {
  const net = initialize(r.seed);
  const data = draw(r.samples, r.seed + 1);
  const random = generator(r.seed + 2);
  const descent = new Descent();
  const decayed = new Set([net.fc, ...net.layers.filter((l) => !l.isDepthwise).map((l) => l.w)]);
  const order = Array.from({ length: r.samples }, (_, i) => i);
  const pixels = side * side;
  const steps = r.epochs * Math.floor(r.samples / r.batch);
  let done = 0;
  for (let epoch = 0; epoch < r.epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    let loss = 0;
    for (let b = 0; b + r.batch <= r.samples; b += r.batch) {
      const x = new Float32Array(r.batch * pixels);
      const y = new Int32Array(r.batch);
      for (let n = 0; n < r.batch; n++) {
        const pick = order[b + n]!;
        x.set(data.x.subarray(pick * pixels, (pick + 1) * pixels), n * pixels);
        y[n] = data.y[pick]!;
      }
      loss += backward(net, descent, forward(net, x, r.batch, true), y, r.batch, r.sparsity);
      const warm = Math.min(1, (done + 1) / 40);
      descent.step(
        warm * r.rate * 0.5 * (1 + Math.cos((Math.PI * done) / steps)),
        decayed,
        r.decay,
      );
      done++;
    }
    log(`epoch ${epoch + 1}: loss ${((loss * r.batch) / r.samples).toFixed(3)}`);
  }
  return net;
}

/** Share of right answers. */
export function accuracy(net: Network, data: Drawings): number {
  let hits = 0;
  const pixels = side * side;
  for (let b = 0; b < data.count; b += 50) {
    const count = Math.min(50, data.count - b);
    const { logits } = forward(
      net,
      data.x.subarray(b * pixels, (b + count) * pixels),
      count,
      false,
    );
    for (let n = 0; n < count; n++) {
      const row = Array.from(logits.subarray(n * classCount, (n + 1) * classCount));
      if (row.indexOf(Math.max(...row)) === data.y[b + n]) hits++;
    }
  }
  return hits / data.count;
}

/** The network with the folded weights rounded to 8 bits, one scale a tensor (or a channel). */
export function quantized(net: Network, epsilon: number, perChannel: boolean): Network {
  const round = (w: Float32Array, by: (i: number) => number, rowLength: number): Float32Array => {
    const folded = w.map((v, i) => v * by(i));
    const absMax = (a: Float32Array): number => a.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
    const whole = absMax(folded) / 127;
    return folded.map((v, i) => {
      const from = Math.floor(i / rowLength) * rowLength;
      const step =
        (perChannel ? absMax(folded.subarray(from, from + rowLength)) / 127 : whole) || 1;
      return (Math.round(v / step) * step) / by(i);
    });
  };
  const layers = net.layers.map((l) => {
    const row = l.w.length / l.outChannels;
    const a = l.gamma.map((g, o) => g / Math.sqrt(l.variance[o]! + epsilon) || 1e-30);
    return { ...l, w: round(l.w, (i) => a[Math.floor(i / row)]!, row) };
  });
  const C = net.fc.length / classCount;
  return { layers, fc: round(net.fc, () => 1, C), fcBias: net.fcBias };
}
