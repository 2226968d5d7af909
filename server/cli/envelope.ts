import type { ValueInfo } from '../core/graph/graph.ts';
import type { FormatIssue, ModelDocument } from '../formats/format.ts';
import type { AnyReport } from '../report/comparisonInput.ts';
import { version } from '../version.ts';
import type { CommandFault, ExitCode } from './fault.ts';
import type { Workplace } from './workplace.ts';

/** What a verb answers: its own JSON fields, text for people, and how it ends. */
export interface Answer {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: readonly string[];
  readonly exit?: ExitCode;
  /** What `--report` and `--charts` write; absent where neither was asked for. */
  readonly report?: AnyReport | undefined;
}

/** The JSON object of command-line.md around a verb's answer. */
export function envelope(
  place: Workplace,
  answer: Answer,
  seconds: number,
  charts?: readonly string[],
): object {
  return {
    rangefinder: version,
    verb: place.given.verb,
    settings: settingsFields(place),
    seconds,
    issues: place.issues.map(issueFields),
    ...answer.fields,
    charts,
    // What measure and compare say of the whole network stands beside what the file is.
    model: place.document
      ? { ...modelFields(place.document), ...(answer.fields['model'] as object | undefined) }
      : undefined,
  };
}

/** The JSON object of a failure. */
export function failure(verb: string, fault: CommandFault): object {
  const { code, message, where, remedy } = fault;
  return { rangefinder: version, verb, error: { code, message, where, remedy } };
}

/** JSON text in which numbers that are not finite are the strings of the contract. */
export const toJson = (value: object): string =>
  JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (ArrayBuffer.isView(item) && !(item instanceof DataView)) {
        return Array.from(item as unknown as ArrayLike<number>);
      }
      if (typeof item !== 'number' || Number.isFinite(item)) return item;
      return Number.isNaN(item) ? 'nan' : item > 0 ? 'inf' : '-inf';
    },
    1,
  );

function modelFields(document: ModelDocument): object {
  const { info, graph } = document;
  return {
    path: document.path,
    format: info.format,
    producer: info.producer,
    opset: graph.opsets.get(''),
    inputs: graph.inputs.map(valueFields),
    outputs: graph.outputs.map(valueFields),
    parameters: info.parameterCount,
    nodes: info.nodeCount,
  };
}

const valueFields = (value: ValueInfo): object => ({
  name: value.name,
  shape: value.shape?.map((size) => size ?? null) ?? null,
  type: value.type,
});

/** An issue of the contract. */
export const issueFields = (issue: FormatIssue): object => ({
  code: issue.code,
  severity: issue.severity,
  message: issue.message,
  where: issue.where,
});

function settingsFields(place: Workplace): object {
  const options: Record<string, string | true> = {};
  for (const [name, value] of place.given.options) options[name] = value;
  const hasTarget = place.given.verb !== 'run';
  return { ...(hasTarget ? { target: place.settings.target() } : {}), options };
}
