import { BadData, type SampleInput } from './samples.ts';

/** What a dimension is called in `--dims`: its own name, or `input[axis]` where it has none. */
const dimensionName = ({ name, shape }: SampleInput, axis: number): string => {
  const size = shape?.[axis];
  return typeof size === 'string' && size !== '' ? size : `${name}[${axis}]`;
};

/** Inputs with the sizes that were chosen. Throws `BadData` for a name that no input has. */
export function withDimensions(
  inputs: readonly SampleInput[],
  dims: Readonly<Record<string, number>> = {},
): readonly SampleInput[] {
  const known = new Set<string>();
  const chosen = inputs.map((input) => {
    if (!input.shape) return input;
    const shape = input.shape.map((size, axis) => {
      if (typeof size === 'number' && size > 0) return size;
      const name = dimensionName(input, axis);
      known.add(name);
      return dims[name] ?? size;
    });
    return { ...input, shape };
  });
  const stranger = Object.keys(dims).find((name) => !known.has(name));
  if (stranger === undefined) return chosen;
  const text = `No input has an open dimension called "${stranger}".`;
  const names = [...known].map((name) => `"${name}"`).join(', ');
  const remedy = known.size === 0 ? 'All sizes are fixed.' : `Open are ${names}.`;
  throw new BadData('unknown-dimension', text, stranger, remedy);
}

/** The fault that asks for a size. */
export function mustChoose(input: SampleInput, axis: number, remedy = ''): BadData {
  const name = dimensionName(input, axis);
  const text = `The input "${input.name}" leaves the dimension "${name}" (axis ${axis}) open; this data does not say its size.`;
  return new BadData('dynamic-dimension', text, name, `Choose it: --dims ${name}=SIZE${remedy}.`);
}

/** The sizes of one sample, batch axis left out. Throws `dynamic-dimension` where one is open. */
export function sampleShape(input: SampleInput): readonly number[] {
  if (!input.shape) {
    const text = `The model does not say the shape of its input "${input.name}".`;
    throw new BadData('dynamic-dimension', text, input.name, 'Give an .npy or .npz.');
  }
  return input.shape.slice(1).map((size, at) => {
    if (typeof size === 'number' && size > 0) return size;
    throw mustChoose(input, at + 1);
  });
}
