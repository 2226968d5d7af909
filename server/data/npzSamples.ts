import { basename } from 'node:path';
import type { BoundArray } from './arraySamples.ts';
import { labelNames, labelsOfArray } from './labels.ts';
import { Npz } from './npz.ts';
import { fromArrays } from './fromArrays.ts';
import type { SampleOptions } from './sampleOptions.ts';
import { BadData, type SampleInput, type SampleSet } from './samples.ts';

/** The arrays of an `.npz` by the inputs' names; a single input may be called `x`. */
export async function openNpzSamples(
  path: string,
  inputs: readonly SampleInput[],
  given: Int32Array | undefined,
  options: SampleOptions,
): Promise<SampleSet> {
  const npz = await Npz.open(path);
  try {
    const bound: BoundArray[] = [];
    for (const input of inputs) {
      const name = npz.names.includes(input.name) || inputs.length > 1 ? input.name : 'x';
      const array = await npz.array(name);
      if (!array) throw missing(path, input, inputs.length, npz.names);
      bound.push({ input, array, name });
    }
    const taken = new Set(bound.map(({ name }) => name));
    const labelName = labelNames.find((name) => npz.names.includes(name) && !taken.has(name));
    const found = labelName === undefined ? undefined : await npz.array(labelName);
    const labels =
      given ?? (found && labelName ? await labelsOfArray(found, labelName) : undefined);
    return fromArrays(path, bound, labels, () => npz.dispose(), options);
  } catch (thrown) {
    await npz.dispose();
    throw thrown;
  }
}

function missing(
  path: string,
  input: SampleInput,
  inputs: number,
  names: readonly string[],
): BadData {
  const has = names.length === 0 ? 'no arrays' : names.map((name) => `"${name}"`).join(', ');
  const text = `${basename(path)} has no array for the input "${input.name}"; it has ${has}.`;
  const other = inputs === 1 && input.name !== 'x' ? ' or "x"' : '';
  return new BadData('wrong-inputs', text, input.name, `Name the array "${input.name}"${other}.`);
}
