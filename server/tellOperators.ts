import { nearest } from './cli/nearest.ts';
import { memberOf, type JsonNode } from './core/json/jsonTree.ts';
import type { TextProblems } from './core/json/textProblem.ts';
import { operatorNames } from './core/quant/placements/operatorNames.ts';

/** A name of an operator in a quantsim configuration, and where it stands, quotes included. */
interface OperatorPlace {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/**
 * Tells of operators in a quantsim configuration that nobody knows: what is said of one that is
 * misspelt is said of nothing. `own` are those of the model, which may have operators of its own.
 */
export function tellOperators(
  root: JsonNode,
  found: TextProblems,
  own: ReadonlySet<string> = new Set(),
): void {
  for (const { name, ...place } of operatorPlaces(root)) {
    if (operatorNames.has(name) || own.has(name)) continue;
    const close = operatorMeant(name, own);
    const hint =
      close === undefined
        ? 'It has an effect only where a model has one of its own that is called so.'
        : `Did you mean "${close}"?`;
    const severity = close === undefined ? 'info' : 'warning';
    found.add(place, 'unknown-operator', `No operator "${name}" is known. ${hint}`, severity);
  }
}

/** The operator that a misspelt name was most likely meant to be; undefined where none is close. */
export function operatorMeant(name: string, own: ReadonlySet<string>): string | undefined {
  const known = [...own, ...operatorNames];
  const lower = name.toLowerCase();
  return known.find((one) => one.toLowerCase() === lower) ?? nearest(name, known);
}

function operatorPlaces(root: JsonNode): OperatorPlace[] {
  const types = memberOf(root, 'op_type');
  const names = types?.kind === 'object' ? types.members : [];
  const groups = memberOf(root, 'supergroups');
  const lists = (groups?.kind === 'array' ? groups.items : []).map((one) =>
    memberOf(one, 'op_list'),
  );
  return [
    ...names.map(({ key, start, end }) => ({ name: key, start, end })),
    ...lists
      .flatMap((list) => (list?.kind === 'array' ? list.items : []))
      .flatMap((node) =>
        node.kind === 'string' ? { name: node.value, start: node.start, end: node.end } : [],
      ),
  ];
}
