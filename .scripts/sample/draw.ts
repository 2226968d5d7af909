/** The sample's data: ten kinds of drawn figures, 32×32 grey, seeded. */

export const classNames = [
  'disc',
  'ring',
  'square',
  'frame',
  'triangle',
  'plus',
  'cross',
  'bars',
  'columns',
  'checker',
] as const;
export const side = 32;

/** mulberry32: uniform in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal by Box and Muller. */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export interface Drawings {
  /** [count, 1, 32, 32], 0..1 in 16 levels. */
  readonly x: Float32Array;
  readonly y: Int32Array;
  readonly count: number;
}

/** `count` figures, classes in turn. */
export function draw(count: number, seed: number): Drawings {
  const random = generator(seed);
  const x = new Float32Array(count * side * side);
  const y = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    y[n] = n % classNames.length;
    drawOne(x.subarray(n * side * side, (n + 1) * side * side), y[n]!, random);
  }
  return { x, y, count };
}

/** Is the point (u, v), in units of the figure's radius, inside the figure? */
function isInside(kind: number, u: number, v: number): boolean {
  const r = Math.hypot(u, v);
  const box = Math.max(Math.abs(u), Math.abs(v));
  const stripe = (t: number): boolean => Math.floor((t + 4) * 2.5) % 2 === 0;
  switch (kind) {
    case 0:
      return r < 0.9;
    case 1:
      return r < 0.95 && r > 0.55;
    case 2:
      return box < 0.8;
    case 3:
      return box < 0.85 && box > 0.5;
    case 4:
      return v < 0.75 && v > 2 * Math.abs(u) - 0.9;
    case 5:
      return box < 0.95 && Math.min(Math.abs(u), Math.abs(v)) < 0.25;
    case 6:
      return box < 0.95 && Math.abs(Math.abs(u) - Math.abs(v)) < 0.33;
    case 7:
      return box < 0.9 && stripe(v);
    case 8:
      return box < 0.9 && stripe(u);
    default:
      return box < 0.9 && stripe(u) !== stripe(v);
  }
}

function drawOne(into: Float32Array, kind: number, random: () => number): void {
  const radius = 6 + 7 * random();
  const cx = radius + (side - 2 * radius) * random();
  const cy = radius + (side - 2 * radius) * random();
  const angle = 0.5 * (random() - 0.5);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const back = 0.1 + 0.5 * random();
  const sign = random() < 0.25 ? -1 : 1;
  const contrast = sign * (0.22 + 0.3 * random());
  const [slopeX, slopeY] = [0.3 * (random() - 0.5), 0.3 * (random() - 0.5)];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      let cover = 0;
      for (const [di, dj] of [
        [0.25, 0.25],
        [0.25, 0.75],
        [0.75, 0.25],
        [0.75, 0.75],
      ] as const) {
        const [dx, dy] = [(j + dj - cx) / radius, (i + di - cy) / radius];
        if (isInside(kind, cos * dx + sin * dy, cos * dy - sin * dx)) cover += 0.25;
      }
      const ground = back + slopeX * (j / side - 0.5) + slopeY * (i / side - 0.5);
      const value = ground + contrast * cover + 0.05 * normal(random);
      into[i * side + j] = Math.round(15 * Math.min(1, Math.max(0, value))) / 15;
    }
  }
}
