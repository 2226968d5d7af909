/** Characters of a row of a side bar as wide as VS Code opens it. */
const rowCharacters = 34;
/** Fewer than these of a name say nothing. */
const leastCharacters = 12;

/** A name short enough that what follows it in its row is seen: its middle is left out. */
export function fitName(name: string, following: string, taken = 0): string {
  const room = Math.max(leastCharacters, rowCharacters - taken - following.length - 1);
  if (name.length <= room) return name;
  // The end tells more: layers are numbered, files have their kind there.
  const end = Math.ceil((room - 1) * 0.6);
  return `${name.slice(0, room - 1 - end)}…${name.slice(-end)}`;
}
