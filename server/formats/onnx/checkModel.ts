import { attributeFault } from '../../core/graph/attributeFaults.ts';
import type { Graph, Node } from '../../core/graph/graph.ts';
import { refuse } from '../badFile.ts';
import type { FormatIssue } from '../format.ts';
import type { GraphParts } from './readGraph.ts';
import { NEWEST_IR_VERSION, NEWEST_OPSET } from './schema.ts';

/**
 * Refuses versions that ONNX Runtime does not read. Files of before IR version 3 state no operator
 * set: they get the first.
 */
export function checkVersions(
  irVersion: number | undefined,
  opsets: Map<string, number>,
  file: string,
): void {
  if (irVersion === undefined || irVersion < 1 || irVersion > NEWEST_IR_VERSION) {
    refuse({
      code: 'unknown-ir-version',
      message: `${file} has the IR version ${irVersion ?? '(none)'}; 1 to ${NEWEST_IR_VERSION} can be read.`,
      remedy: `Export the model with IR version ${NEWEST_IR_VERSION} or lower.`,
    });
  }
  if (opsets.size === 0 && irVersion < 3) opsets.set('', 1);
  const opset = opsets.get('');
  const isMissing = opset === undefined && opsets.size === 0;
  if (isMissing || (opset !== undefined && (opset < 1 || opset > NEWEST_OPSET))) {
    refuse({
      code: 'unknown-opset',
      message: `${file} needs the operator set (opset) ${opset ?? '(none stated)'} of ONNX; 1 to ${NEWEST_OPSET} can be read.`,
      remedy: `Export the model with opset ${NEWEST_OPSET} or lower.`,
    });
  }
}

/** Refuses two inputs of one name. */
export function checkInputs(parts: GraphParts, file: string): void {
  const seen = new Set<string>();
  for (const { name } of parts.inputs) {
    if (seen.has(name)) {
      refuse({
        code: 'duplicate-name',
        message: `${file}: two inputs have the name "${name}".`,
        where: name,
        remedy: 'Give each input a name of its own, and export the model again.',
      });
    }
    seen.add(name);
  }
}

/** Refuses a network without nodes, and outputs that nothing makes. */
export function checkOutputs(
  parts: GraphParts,
  nodes: readonly Node[],
  made: ReadonlySet<string>,
  file: string,
): void {
  const missing = new Set(parts.outputs.map(({ name }) => name));
  for (const name of made) missing.delete(name);
  for (const node of nodes) for (const name of node.outputs) missing.delete(name);
  for (const name of missing) {
    refuse({
      code: 'dangling-output',
      message: `${file}: nothing makes the output "${name}".`,
      where: name,
      remedy: 'The model is incomplete: export it again.',
    });
  }
  if (nodes.length === 0) {
    refuse({
      code: 'no-nodes',
      message: `${file} has no operations: there is nothing to diagnose.`,
      remedy: 'Choose the file that has the network in it.',
    });
  }
}

/** What a runtime or a user may stumble over, and the reader did not. */
export function issuesOf(nodes: readonly Node[], sorted: readonly Node[]): FormatIssue[] {
  const issues: FormatIssue[] = [];
  const misplaced = nodes.find((node, i) => node !== sorted[i]);
  if (misplaced) {
    issues.push({
      code: 'unsorted',
      severity: 'info',
      message:
        'The nodes of the file are not in the order in which they run; they are shown, and after a change saved, in that order.',
      where: misplaced.name,
    });
  }
  const names = new Set<string>();
  for (const { name } of nodes) {
    if (name !== '' && names.has(name)) {
      issues.push({
        code: 'duplicate-node-name',
        severity: 'warning',
        message: `More than one node has the name "${name}"; some runtimes refuse such a file.`,
        where: name,
      });
      break;
    }
    names.add(name);
  }
  return issues;
}

/** Attributes that make no sense: their nodes are left alone, and the model cannot be run. */
export function senselessIssues(nodes: readonly Node[]): FormatIssue[] {
  const issues: FormatIssue[] = [];
  for (const node of nodes) {
    const fault = attributeFault(node);
    if (fault === undefined || issues.length === NAMES_SHOWN) continue;
    const message = `${fault}. Nothing can be told of what it gives, and the model cannot be run.`;
    issues.push({ code: 'senseless-attribute', severity: 'warning', message, where: node.name });
  }
  return issues;
}

/** Refuses to hand a graph with such an attribute to a runtime, some of which never come back. */
export function refuseSenseless({ nodes }: Graph, file: string): void {
  for (const node of nodes) {
    const fault = attributeFault(node);
    if (fault === undefined) continue;
    const message = `${fault}, so ${file} cannot be run.`;
    const remedy = 'Export the model again.';
    refuse({ code: 'cannot-run', message, where: node.name, remedy });
  }
}

const NAMES_SHOWN = 3;

/**
 * Constants that a caller may replace at run time: initializers that are listed as inputs. Before IR
 * version 4 every initializer had to be listed so.
 */
export function overridableIssues(
  parts: GraphParts,
  irVersion: number | undefined = NEWEST_IR_VERSION,
): FormatIssue[] {
  if (irVersion < 4) return [];
  const names = parts.inputs.map(({ name }) => name).filter((name) => parts.tensors.has(name));
  const [first] = names;
  if (first === undefined) return [];
  const shown = names.slice(0, NAMES_SHOWN).map((name) => `"${name}"`);
  const rest = names.length - shown.length;
  const list = shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  const what =
    names.length === 1
      ? `1 constant is listed as an input too (${list}), so that a caller could replace it`
      : `${names.length} constants are listed as inputs too (${list}), so that a caller could replace them`;
  return [
    {
      code: 'overridable-initializers',
      severity: 'warning',
      message: `${what} at run time. They are treated as constants: corrections may change or remove them, and values that a caller feeds for them are then not heard.`,
      where: first,
    },
  ];
}
