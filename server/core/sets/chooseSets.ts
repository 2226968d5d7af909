import type { Skip } from '../passes/pass.ts';
import type { ClsSet } from './findSets.ts';
import type { Link, Links } from './links.ts';

/** Which of the sets a user wants. */
export interface Choice {
  /** Sets by the names of their layers; empty: those that were found. */
  readonly only: readonly (readonly string[])[];
  /** Sets with one of these layers in them; empty: all. */
  readonly layers: readonly string[];
  /** Layers that must not change. */
  readonly ignore: readonly string[];
}

/** The sets that were asked for, and why some of them are not to be had. */
export function chooseSets(
  found: readonly ClsSet[],
  links: Links,
  choice: Choice,
): { readonly sets: readonly ClsSet[]; readonly skipped: readonly Skip[] } {
  const skipped: Skip[] = [];
  const given = choice.only.length > 0 ? givenSets(choice.only, links, skipped) : found;
  const wanted = new Set(choice.layers);
  const ignored = new Set(choice.ignore);
  const known = new Set(links.layers.map((layer) => layer.name));
  for (const name of [...wanted, ...ignored])
    if (!known.has(name)) skipped.push(unknownLayer(name));
  const sets = given.filter((set) => {
    const names = set.layers.map((layer) => layer.name);
    if (wanted.size > 0 && !names.some((name) => wanted.has(name))) return false;
    const kept = names.find((name) => ignored.has(name));
    if (kept === undefined) return true;
    skipped.push({
      code: 'ignored',
      place: names.join(', '),
      reason: `${kept} is on the list of layers to leave alone`,
      remedy: `Take ${kept} off that list.`,
    });
    return false;
  });
  return { sets, skipped };
}

function givenSets(
  only: readonly (readonly string[])[],
  links: Links,
  skipped: Skip[],
): readonly ClsSet[] {
  return only.flatMap((names) => {
    const layers = names.map((name) => links.layers.find((layer) => layer.name === name));
    const missing = names.find((_, at) => !layers[at]);
    if (missing !== undefined) {
      skipped.push(unknownLayer(missing));
      return [];
    }
    const path: Link[] = [];
    for (const [at, layer] of layers.slice(0, -1).entries()) {
      const link = layer && links.after.get(layer.node.id);
      if (!link || link.to.name !== names[at + 1]) {
        skipped.push(notLinked(names, at, links));
        return [];
      }
      path.push(link);
    }
    if (path.length === 0) return [];
    const inner = path.find((link, at) => at > 0 && (!isOneSided(link) || path[at - 1]?.channelAt));
    if (inner) {
      skipped.push({
        code: 'not-a-set',
        place: names.join(', '),
        reason: `${inner.from.name} is not depthwise: its inputs and outputs are scaled apart`,
        remedy: `Give two sets that share ${inner.from.name}.`,
      });
      return [];
    }
    const members = path.flatMap((link, at) => (at === 0 ? [link.from, link.to] : [link.to]));
    return [{ layers: members, links: path }];
  });
}

/** True where the layer before the link has one factor for an input channel and its output. */
const isOneSided = (link: Link): boolean =>
  link.from.layout.groups > 1 &&
  link.from.layout.inPerGroup === 1 &&
  link.from.layout.outPerGroup === 1;

function notLinked(names: readonly string[], at: number, links: Links): Skip {
  const [from = '', to = ''] = [names[at], names[at + 1]];
  const known = links.skipped.find((skip) => skip.place === from);
  const link = links.layers.find((layer) => layer.name === from);
  const next = link && links.after.get(link.node.id)?.to.name;
  return {
    code: known?.code ?? 'not-a-set',
    place: names.join(', '),
    reason:
      known?.reason ??
      `${to} does not follow ${from} directly${next === undefined ? '' : `: that is ${next}`}`,
  };
}

const unknownLayer = (name: string): Skip => ({
  code: 'unknown-layer',
  place: name,
  reason: `the model has no layer "${name}"`,
  remedy: 'Layer names are those of the layers table; case matters.',
});
