/** What the loop below takes where nothing else runs, on the machine that limits were set on. */
const referenceMs = 470;

/**
 * How many times slower this machine is just now, 1 at least: a limit in seconds is multiplied by
 * it, so that it says something of the product and not of the machine.
 */
export function slowness() {
  const began = performance.now();
  let x = 1;
  for (let i = 0; i < 2e7; i++) x = (x * 1_103_515_245 + 12_345) % 2_147_483_648;
  if (Number.isNaN(x)) throw new Error('the loop was not run');
  return Math.max(1, (performance.now() - began) / referenceMs);
}
