/** Keeps the last result, made again only when an argument is another value or object. */
export function remember<Args extends readonly unknown[], Made>(
  make: (...args: Args) => Made,
): (...args: Args) => Made {
  let last: { readonly args: Args; readonly made: Made } | undefined;
  return (...args) => {
    const known = last;
    if (known?.args.length === args.length && args.every((arg, i) => Object.is(arg, known.args[i])))
      return known.made;
    const made = make(...args);
    last = { args, made };
    return made;
  };
}
