import type { Graph } from '../../core/graph/graph.ts';
import type { EncodingsFile, FileEncoding, FileGrid } from '../../core/encodings/encodingsFile.ts';
import { PlannedEntries } from '../../core/encodings/plannedEntries.ts';
import { inferShapes } from '../../core/graph/shapes.ts';
import { elementCount } from '../../core/graph/tensor.ts';
import { wiringOf } from '../../core/graph/wiring.ts';
import { nounText, rangeText } from '../../core/reports/words.ts';
import { flat } from '../../core/encodings/entryReader.ts';
import { dimsText, gridWords, layersIn, layerWords, nameText } from '../layerWords.ts';
import type { OpenText } from '../openText.ts';
import type { KnownModel, TextHover } from '../provider.ts';
import { entryAt, plannedFor, readingOf, spanOf, targetOfFile } from './reading.ts';

/** The tensor of an entry in words; on one of several scales, that channel's range too. */
export function encodingsHover(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): TextHover | undefined {
  const { file } = readingOf(text);
  const entry = file && entryAt(file, offset);
  if (!entry) return undefined;
  const words = [
    ...headWords(entry, model),
    ...(entry.grid ? gridInWords(entry.grid) : []),
    ...channelWords(entry, offset),
    ...(model ? modelWords(entry, file, model) : []),
  ];
  return { ...spanOf(entry), words: words.join('\n\n') };
}

const known = new WeakMap<Graph, Shapes>();

/** The shapes of a graph, found once: a hover follows the pointer. */
function shapesOf(graph: Graph): Shapes {
  const shapes = known.get(graph) ?? inferShapes(graph);
  known.set(graph, shapes);
  return shapes;
}

type Shapes = ReturnType<typeof inferShapes>;

function headWords({ name, type, grid, section }: FileEncoding, model?: KnownModel): string[] {
  const plain = name.replace(/:0$/, '');
  const tensor = model?.graph.tensors.get(plain);
  const shapes = model && shapesOf(model.graph);
  const shape = shapes?.get(name) ?? shapes?.get(plain);
  const what = tensor
    ? `a constant, ${dimsText(tensor.dims)}`
    : section === 'parameter'
      ? 'a parameter'
      : `a value that flows${shape ? `, ${dimsText(shape)}` : ''}`;
  const symmetry = grid ? (grid.isSymmetric ? ', symmetric' : ', asymmetric') : '';
  const rounded = type === '' ? '' : `; ${type}${symmetry}`;
  return [`**${nameText(name)}**: ${what}${rounded}`];
}

function gridInWords({ scale, lowest, highest, axis, blockSize }: FileGrid): string[] {
  const count = scale.length;
  const range = (at: number): string => {
    const step = scale[at] ?? 0;
    return `${rangeText((lowest[at] ?? 0) * step)} to ${rangeText((highest[at] ?? 0) * step)}`;
  };
  if (count === 1) return [`Range ${range(0)} in steps of ${rangeText(scale[0] ?? 0)}.`];
  let [narrow, wide] = [0, 0];
  for (let at = 1; at < count; at++) {
    if ((scale[at] ?? 0) < (scale[narrow] ?? 0)) narrow = at;
    if ((scale[at] ?? 0) > (scale[wide] ?? 0)) wide = at;
  }
  const where = axis === undefined ? '' : ` on axis ${axis}`;
  const unit = blockSize === undefined ? 'channel' : 'block';
  const apart = (scale[wide] ?? 0) / (scale[narrow] ?? 1);
  return [
    `${nounText(count, 'scale')}, one for each ${unit}${where}: narrowest ${unit} ${narrow} (${range(narrow)}), widest ${unit} ${wide} (${range(wide)}), ${rangeText(apart)} times apart.`,
  ];
}

/** The channel whose scale or offset the place is on. */
function channelWords({ grid, parts }: FileEncoding, offset: number): string[] {
  if (!grid || grid.scale.length === 1) return [];
  for (const list of [parts.scale, parts.offset]) {
    if (list?.kind !== 'array' || offset < list.start || offset > list.end) continue;
    const at = flat(list).findIndex(({ start, end }) => offset >= start && offset <= end);
    const step = grid.scale[at];
    if (step === undefined) continue;
    const [low, high] = [(grid.lowest[at] ?? 0) * step, (grid.highest[at] ?? 0) * step];
    return [
      `Channel ${at}: ${rangeText(low)} to ${rangeText(high)} in steps of ${rangeText(step)}.`,
    ];
  }
  return [];
}

function modelWords(entry: FileEncoding, file: EncodingsFile, model: KnownModel): string[] {
  const { graph } = model;
  const planned = plannedFor(model, file);
  const entries = new PlannedEntries(planned);
  const quantizer = entries.quantizerOf(entry.name);
  const name = quantizer?.tensor ?? entry.name.replace(/:0$/, '');
  const tensor = graph.tensors.get(name);
  if (!tensor) {
    const maker = wiringOf(graph).maker(name);
    if (maker) return [`Made by ${maker.op}${quantizer ? ` ${nameText(quantizer.owner)}` : ''}.`];
    const isInput = graph.inputs.some((one) => one.name === name);
    return isInput ? ['An input of the network.'] : [];
  }
  const { grid } = entry;
  const axis =
    quantizer && grid && grid.scale.length > 1
      ? grid.axis === undefined
        ? entries.channelAxis(quantizer)
        : entries.ownAxis(quantizer, grid.axis)
      : undefined;
  const fits = grid && grid.blockSize === undefined && (axis ?? 0) < tensor.dims.length;
  const own = fits && elementCount(tensor.dims) > 0 ? gridWords(tensor, axis, grid) : [];
  const layer = layersIn(graph).find(({ weight }) => weight.name === name);
  const target = model.target ?? targetOfFile(file, model);
  return [...own, ...(layer ? ['---', layerWords(layer, target, own.length > 0)] : [])];
}
