import { memberOf, parseJsonTree, positionsOf, type JsonNode } from '../json/jsonTree.ts';
import { TextProblems, type TextProblem } from '../json/textProblem.ts';
import {
  encodingsVersions,
  type EncodingsFile,
  type EncodingsVersion,
  type FileEncoding,
} from './encodingsFile.ts';
import { readChannels, readListed } from './readOffsets.ts';
import { readTyped } from './readZeroPoints.ts';

/**
 * Reads a `.encodings` file of version 0.6.1, 1.0.0, 2.0.0 or 2.1.0. Entries that make no grid stay
 * in the list without one, and the problems say why; there is no file only where the text is no JSON
 * or has no list of encodings. Whole numbers may be floats, booleans strings; a version that is
 * missing is told by the lists. `known`: the JSON of the text, where it was read already.
 */
export function readEncodings(
  text: string,
  known?: JsonNode,
): {
  readonly file?: EncodingsFile;
  readonly problems: readonly TextProblem[];
} {
  const problems = new TextProblems(text);
  const parsed = known ? { root: known } : parseJsonTree(text);
  if (parsed.fault) {
    problems.addFault(parsed.fault);
    return { problems: problems.list };
  }
  const { root } = parsed;
  const version = versionOf(root, problems);
  if (!version) return { problems: problems.list };
  const entries = version.startsWith('2')
    ? listed(memberOf(root, 'encodings'), 'encodings', problems, (item, path) =>
        readTyped(item, path, problems),
      )
    : [
        ...section(root, 'activation_encodings', 'activation', problems),
        ...section(root, 'param_encodings', 'parameter', problems),
      ];
  checkNames(entries, problems);
  const position = positionsOf(text);
  return { file: { version, entries, root, position }, problems: problems.list };
}

function versionOf(root: JsonNode, problems: TextProblems): EncodingsVersion | undefined {
  const place = { start: root.start, end: root.start + 1 };
  const first = memberOf(root, 'activation_encodings') ?? memberOf(root, 'param_encodings');
  const second = memberOf(root, 'encodings');
  if (!first && !second) {
    const text = 'This is no file of encodings: it has neither "encodings" nor "param_encodings".';
    problems.add(place, 'no-encodings', text);
    return undefined;
  }
  const told = second ? '2.0.0' : first?.kind === 'array' ? '1.0.0' : '0.6.1';
  const stated = memberOf(root, 'version');
  if (!stated) {
    problems.add(place, 'no-version', `It names no version; it is read as ${told}.`, 'info');
    return told;
  }
  const known = encodingsVersions.find((one) => stated.kind === 'string' && one === stated.value);
  if (known && known.startsWith('2') === (told === '2.0.0')) return known;
  const all = encodingsVersions.join(', ');
  const text = `This version is none of ${all}, or its lists are those of another; it is read as ${told}.`;
  problems.add(stated, 'unknown-version', text, 'warning');
  return told;
}

/** A list of 1.0.0, or the map of 0.6.1. */
function section(
  root: JsonNode,
  key: string,
  kind: 'activation' | 'parameter',
  problems: TextProblems,
): FileEncoding[] {
  const node = memberOf(root, key);
  if (node?.kind !== 'object') {
    return listed(node, key, problems, (item, path) => readListed(item, kind, path, problems));
  }
  return node.members.map(({ key: name, value, start, end }) =>
    readChannels(
      value,
      { name, section: kind, path: `${key}[${JSON.stringify(name)}]`, namePlace: { start, end } },
      problems,
    ),
  );
}

function listed(
  node: JsonNode | undefined,
  key: string,
  problems: TextProblems,
  read: (item: JsonNode, path: string) => FileEncoding | undefined,
): FileEncoding[] {
  if (!node) return [];
  if (node.kind === 'array') {
    return node.items.flatMap((item, at) => read(item, `${key}[${at}]`) ?? []);
  }
  problems.add(node, 'wrong-type', `"${key}" must be a list in square brackets.`);
  return [];
}

function checkNames(entries: readonly FileEncoding[], problems: TextProblems): void {
  const seen = new Set<string>();
  for (const { name, namePlace } of entries) {
    if (seen.has(name)) {
      problems.add(
        namePlace,
        'duplicate-name',
        `"${name}" is listed twice: the last one counts.`,
        'warning',
      );
    }
    seen.add(name);
  }
}
