/** Where a layer is named in the text of a model: offset and length of the name with its quotes. */
export function layerPlace(
  text: string,
  layer: string,
): { readonly offset: number; readonly length: number } | undefined {
  const name = JSON.stringify(layer);
  // The entry of the layer has it as its name; others that read the layer name it in lists.
  const found = new RegExp(`"name"\\s*:\\s*${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`).exec(
    text,
  );
  if (!found) return undefined;
  const offset = found.index + found[0].length - name.length;
  return { offset, length: name.length };
}
