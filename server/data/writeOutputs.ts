import { writeAtomically } from './writeAtomically.ts';
import type { NamedArray } from './writeNpy.ts';
import { writeNpz } from './writeNpz.ts';

/** Elements that are turned into text at a time. */
const piece = 65536;

/**
 * Writes outputs to `.npz`, one array each under its name, or to `.json`:
 * `{ "outputs": [{ "name", "type", "shape", "data": [...] }] }`, elements in row-major order.
 */
export async function writeOutputs(path: string, outputs: readonly NamedArray[]): Promise<void> {
  if (path.toLowerCase().endsWith('.json')) await writeJson(path, outputs);
  else await writeNpz(path, outputs);
}

async function writeJson(path: string, outputs: readonly NamedArray[]): Promise<void> {
  const encoder = new TextEncoder();
  await writeAtomically(path, async (append) => {
    const text = (value: string): Promise<void> => append(encoder.encode(value));
    await text('{\n "outputs": [');
    for (const [at, { name, type, dims, values }] of outputs.entries()) {
      const head = JSON.stringify({ name, type, shape: dims });
      await text(`${at === 0 ? '' : ','}\n  ${head.slice(0, -1)},"data":[`);
      for (let from = 0; from < values.length; from += piece) {
        const numbers = Array.from(
          values.subarray(from, from + piece) as Iterable<number | bigint>,
        );
        await text(`${from === 0 ? '' : ','}${numbers.map(numberText).join(',')}`);
      }
      await text(']}');
    }
    await text('\n ]\n}\n');
  });
}

/** As command-line.md has it: numbers that are not finite are strings. */
function numberText(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? '"nan"' : value > 0 ? '"inf"' : '"-inf"';
}
