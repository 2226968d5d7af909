import { nearest } from '../../cli/nearest.ts';
import type { EncodingsFile, FileEncoding } from '../../core/encodings/encodingsFile.ts';
import { PlannedEntries, type PlannedModel } from '../../core/encodings/plannedEntries.ts';
import { writeEncodings } from '../../core/encodings/writeEncodings.ts';
import { memberOf, parseJsonTree, type JsonNode } from '../../core/json/jsonTree.ts';
import { weightEncoding } from '../../core/quant/weightEncodings.ts';
import { defaultTarget } from '../../core/quant/targets.ts';
import { misspeltSections } from '../../encodings/strangeSections.ts';
import { nounText } from '../../core/reports/words.ts';
import { flat } from '../../core/encodings/entryReader.ts';
import { appended, stepsAt, withComma } from '../jsonPlaces.ts';
import type { OpenText } from '../openText.ts';
import type { KnownModel, Span, TextFix } from '../provider.ts';
import { entryAt, plannedFor, readingOf, spanOf, withoutEntry } from './reading.ts';

/** Ways to mend a problem of a file of encodings. */
export function encodingsFixes(
  text: OpenText,
  { code, start }: { readonly code: string; readonly start: number },
  model: KnownModel | undefined,
): TextFix[] {
  if (code === 'unknown-key') return sectionFix(text, start);
  const { file } = readingOf(text);
  if (!file) return [];
  const planned = model && plannedFor(model, file);
  const entry = entryAt(file, start);
  switch (code) {
    case 'unknown-tensor':
      return entry ? [...renamed(entry, file, planned), removed(text, entry)] : [];
    case 'not-rounded':
    case 'duplicate-name':
      return entry ? [removed(text, entry)] : [];
    case 'not-whole':
    case 'range-disagrees':
      return entry ? numberFixes(text, entry, code, start) : [];
    case 'wrong-axis':
      return entry && planned ? axisFixes(entry, planned) : [];
    case 'missing':
      return planned ? added(text, file, planned, start) : [];
    case 'no-version':
      return [versionFix(file)];
    default:
      return [];
  }
}

/** A misspelt section as it was meant. */
const sectionFix = ({ root }: OpenText, start: number): TextFix[] =>
  (root ? misspeltSections(root) : [])
    .filter(({ member }) => member.start === start)
    .map(({ member, meant }) => ({
      title: `Rename to "${meant}"`,
      isPreferred: true,
      edits: [spanned({ start: member.start, end: member.end, text: JSON.stringify(meant) })],
    }));

function renamed(entry: FileEncoding, file: EncodingsFile, planned?: PlannedModel): TextFix[] {
  const name = planned && nearest(entry.name, withoutEntry(file, planned));
  if (name === undefined) return [];
  const edit = { ...entry.namePlace, text: JSON.stringify(name) };
  return [{ title: `Rename to "${name}"`, isPreferred: true, edits: [spanned(edit)] }];
}

const removed = ({ text }: OpenText, entry: FileEncoding): TextFix => ({
  title: `Remove the entry "${entry.name}"`,
  isPreferred: false,
  edits: [{ ...withComma(text, spanOf(entry)), text: '' }],
});

/** Offsets rounded to whole numbers; a range written as scale and offset make it. */
function numberFixes(text: OpenText, entry: FileEncoding, code: string, start: number): TextFix[] {
  if (code === 'not-whole') {
    const odd = flat(entry.parts.offset ?? entry.place).filter(
      (one) => one.kind === 'number' && !Number.isInteger(one.value) && one.value !== -0.5,
    );
    const edits = odd.map((one) => ({
      ...spanned(one),
      text: String(Math.round(one.kind === 'number' ? one.value : 0) + 0),
    }));
    const title = `Round ${odd.length === 1 ? 'the offset' : 'the offsets'} to whole numbers`;
    return edits.length === 0 ? [] : [{ title, isPreferred: true, edits }];
  }
  const steps = stepsAt(text.root, start);
  const channel = steps.at(-2)?.node;
  const { grid } = entry;
  const at = steps.at(-2)?.index ?? 0;
  const [step, low, high] = [grid?.scale[at], grid?.lowest[at], grid?.highest[at]];
  if (!channel || step === undefined || low === undefined || high === undefined) return [];
  const edits = (
    [
      ['min', low],
      ['max', high],
    ] as const
  ).flatMap(([key, level]) => {
    const node = memberOf(channel, key);
    return node ? [{ ...spanned(node), text: JSON.stringify(level * step) }] : [];
  });
  return [{ title: 'Set min and max to what scale and offset make', isPreferred: true, edits }];
}

function axisFixes({ name, parts }: FileEncoding, model: PlannedModel): TextFix[] {
  const planned = new PlannedEntries(model);
  const quantizer = planned.quantizerOf(name);
  const axis = quantizer && planned.channelAxis(quantizer);
  if (axis === undefined || !parts.axis) return [];
  const edits = [{ ...spanned(parts.axis), text: String(axis) }];
  return [{ title: `Set the axis to ${axis}`, isPreferred: true, edits }];
}

/** Entries for constants, over their own range; those of values need samples. */
function added(
  text: OpenText,
  file: EncodingsFile,
  { graph, plan }: PlannedModel,
  start: number,
): TextFix[] {
  const isTyped = file.version.startsWith('2');
  const key = isTyped ? 'encodings' : 'param_encodings';
  const list = memberOf(file.root, key);
  if (!list || (list.start !== start && file.root.start !== start)) return [];
  const open = new Set(withoutEntry(file, { graph, plan }));
  const made = plan.quantizers.flatMap((quantizer) => {
    const tensor = graph.tensors.get(quantizer.tensor);
    if (quantizer.kind !== 'weight' || !tensor || !open.has(quantizer.tensor)) return [];
    return [weightEncoding(tensor, quantizer)];
  });
  if (made.length === 0) return [];
  const written = writeEncodings(new Map(made.map((one) => [one.tensor, one])), {
    version: file.version,
    target: defaultTarget,
    producer: { package: 'rangefinder', version: '' },
  });
  const parsed = written.ok ? parseJsonTree(written.value) : undefined;
  if (!written.ok || !parsed || parsed.fault) return [];
  const items = itemsOf(memberOf(parsed.root, key), written.value);
  const title = `Add ${made.length === 1 ? 'the missing entry' : nounText(made.length, 'missing entry', 'missing entries')} of weights`;
  return [{ title, isPreferred: true, edits: [appended(text.text, list, items)] }];
}

const itemsOf = (list: JsonNode | undefined, text: string): string[] =>
  list?.kind === 'array'
    ? list.items.map(({ start, end }) => text.slice(start, end))
    : list?.kind === 'object'
      ? list.members.map(({ start, value }) => text.slice(start, value.end))
      : [];

const versionFix = ({ version, root }: EncodingsFile): TextFix => {
  const isEmpty = root.kind === 'object' && root.members.length === 0;
  const at = root.start + 1;
  const text = `\n  "version": "${version}"${isEmpty ? '' : ','}`;
  return {
    title: `Say that it is version ${version}`,
    isPreferred: true,
    edits: [{ start: at, end: at, text }],
  };
};

interface Edit extends Span {
  readonly text: string;
}

/** A place alone, whatever else is known of it. */
const spanned = ({ start, end, text = '' }: Span & { readonly text?: string }): Edit => ({
  start,
  end,
  text,
});
