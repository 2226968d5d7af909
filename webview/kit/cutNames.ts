/** A name without its middle where it has more than `most` letters: both ends tell it from others. */
export function cutInMiddle(name: string, most = 48): string {
  if (name.length <= most) return name;
  const start = Math.floor((most - 1) * 0.42);
  return `${name.slice(0, start)}…${name.slice(name.length - (most - 1 - start))}`;
}

const ways: readonly ((name: string, most: number) => string)[] = [
  cutInMiddle,
  (name, most) => `…${name.slice(1 - most)}`,
  (name, most) => `${name.slice(0, most - 1)}…`,
];

/**
 * Names of at most `most` letters each, cut where they keep what tells them apart: in the middle
 * where the ends do, else at one end, else down to what they do not share with the name that is
 * most like them.
 */
export function cutApart(names: readonly string[], most: number): readonly string[] {
  const all = [...new Set(names)];
  const known = new Map(all.filter((name) => name.length <= most).map((name) => [name, name]));
  for (const way of ways) {
    const waiting = all.filter((name) => !known.has(name));
    const cuts = waiting.map((name) => way(name, most));
    const taken = new Map<string, number>();
    for (const cut of [...known.values(), ...cuts]) taken.set(cut, (taken.get(cut) ?? 0) + 1);
    waiting.forEach((name, at) => {
      const cut = cuts[at] ?? name;
      if (taken.get(cut) === 1) known.set(name, cut);
    });
  }
  for (const name of all) if (!known.has(name)) known.set(name, aroundOther(name, all, most));
  return names.map((name) => known.get(name) ?? name);
}

/** The part of a name that begins where the name that is most like it goes on otherwise. */
function aroundOther(name: string, all: readonly string[], most: number): string {
  const from = all.reduce(
    (far, other) => (other === name ? far : Math.max(far, sharedLength(name, other))),
    0,
  );
  const start = Math.max(0, from - Math.floor(most / 3));
  const part = name.slice(start, start + most - 2);
  return `${start > 0 ? '…' : ''}${part}${start + part.length < name.length ? '…' : ''}`;
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
