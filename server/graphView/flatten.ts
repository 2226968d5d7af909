/** Pieces that a bent cubic is drawn in. */
const pieces = 6;

/** A chain of cubic curves (1 + 3 points each) as a polyline that is within a pixel of it. */
export function flatten(curve: readonly number[]): number[] {
  const at = (i: number): number => curve[i] ?? 0;
  const points = [round(at(0)), round(at(1))];
  const add = (x: number, y: number): void => {
    points.push(round(x), round(y));
  };
  for (let i = 0; i + 7 < curve.length; i += 6) {
    const [x0, y0, x1, y1] = [at(i), at(i + 1), at(i + 2), at(i + 3)];
    const [x2, y2, x3, y3] = [at(i + 4), at(i + 5), at(i + 6), at(i + 7)];
    const length = Math.hypot(x3 - x0, y3 - y0) || 1;
    const off = (x: number, y: number): number =>
      Math.abs((x - x0) * (y3 - y0) - (y - y0) * (x3 - x0)) / length;
    const count = Math.max(off(x1, y1), off(x2, y2)) < 1 ? 1 : pieces;
    for (let k = 1; k <= count; k++) {
      const [t, s] = [k / count, 1 - k / count];
      const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
      add(a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3);
    }
  }
  return simplified(points);
}

const round = (v: number): number => Math.round(2 * v) / 2;

/** Without points that lie on the line between their neighbours. */
function simplified(points: readonly number[]): number[] {
  const kept = points.slice(0, 2);
  for (let i = 2; i + 3 < points.length; i += 2) {
    const [x0 = 0, y0 = 0] = kept.slice(-2);
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points.slice(i, i + 4);
    const off = Math.abs((x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0));
    if (off > 0.5 * Math.hypot(x2 - x0, y2 - y0)) kept.push(x1, y1);
  }
  if (points.length > 2) kept.push(...points.slice(-2));
  return kept;
}
