import type { Arguments } from './arguments.ts';

/** A command as a shell takes it, from the folder that it was given in. */
export function commandText({ verb, model, other, options }: Arguments): string {
  const words = [...options].flatMap(([name, value]) =>
    value === true
      ? [`--${name}`]
      : value.startsWith('-')
        ? [`--${name}=${value}`]
        : [`--${name}`, value],
  );
  const places = [model, other].filter((place) => place !== undefined);
  return ['rangefinder', verb, ...places, ...words].map(quoted).join(' ');
}

/** In single quotes where a POSIX shell would read something else. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
