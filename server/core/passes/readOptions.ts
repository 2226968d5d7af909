import { err, ok, type Result } from '../result.ts';

/** Options from outside, laid over the defaults; a stranger or a wrong type is refused. */
export function readOptions<O extends object>(
  defaults: O,
  given: Readonly<Record<string, unknown>>,
): Result<O, string> {
  const known = new Map<string, unknown>(Object.entries(defaults));
  for (const [name, value] of Object.entries(given)) {
    if (!known.has(name)) return err(`unknown option "${name}"`);
    const wanted = known.get(name);
    if (!sameKind(wanted, value)) return err(`option "${name}" must be ${kindOf(wanted)}`);
  }
  return ok({ ...defaults, ...given });
}

/** A number may stand where the default is a word such as `converge`, and the other way round. */
function sameKind(wanted: unknown, value: unknown): boolean {
  if (Array.isArray(wanted)) return Array.isArray(value);
  const isWordOrNumber = (x: unknown): boolean => typeof x === 'number' || typeof x === 'string';
  if (typeof wanted === 'number') return isWordOrNumber(value);
  return typeof wanted === typeof value;
}

const kindOf = (wanted: unknown): string =>
  Array.isArray(wanted) ? 'a list' : `a ${typeof wanted}`;
