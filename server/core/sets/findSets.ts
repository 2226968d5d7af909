import type { Graph, NodeId } from '../graph/graph.ts';
import { isDepthwise, type Layer, type Wiring } from '../graph/layer.ts';
import { wiringOf } from '../graph/wiring.ts';
import type { Skip } from '../passes/pass.ts';
import type { Refusal, ShapeOf } from './channelPlace.ts';
import { findLinks, type Link, type Links } from './links.ts';
import type { Step } from './steps.ts';

/** Layers scaled together: `links[j]` joins `layers[j]` and `layers[j + 1]`. */
export interface ClsSet {
  readonly layers: readonly Layer[];
  readonly links: readonly Link[];
}

export interface SetOptions {
  /** `aimet`: the sets of algorithms.md 3.1 and 3.2 as they stand, for comparison. */
  readonly sets: 'ours' | 'aimet';
  /** False: a clamp with bounds other than 0 ends a chain. */
  readonly throughClamps: boolean;
}

/** The cross-layer sets of a graph, in model order, and the layers that are in none, with reasons. */
export function findSets(
  graph: Graph,
  options: SetOptions,
  shapeOf: ShapeOf,
  wiring: Wiring = wiringOf(graph),
): { readonly sets: readonly ClsSet[]; readonly skipped: readonly Skip[]; readonly links: Links } {
  const isAimet = options.sets === 'aimet';
  const accepts = (step: Step): Refusal | undefined =>
    (options.throughClamps ? undefined : whyNotClamp(step)) ??
    (isAimet ? whyNotAimet(step) : undefined);
  const links = findLinks(graph, wiring, shapeOf, accepts);
  const chains = chainsOf(links, isAimet);
  const sets = chains.flatMap(isAimet ? aimetSets : ourSets);
  const position = new Map(graph.nodes.map((node, at) => [node.id, at]));
  const place = (set: ClsSet): number => position.get(set.layers[0]?.node.id ?? -1) ?? 0;
  return { sets: sets.sort((a, b) => place(a) - place(b)), skipped: links.skipped, links };
}

const whyNotClamp = (step: Step): Refusal | undefined =>
  step.kind === 'clamp'
    ? {
        code: 'relu6',
        reason: `the activation between them, ${step.node.op}, has a bound, and bounds are to be kept`,
        remedy: 'Choose exact per-channel caps for ReLU6, which lets scaling through.',
      }
    : undefined;

/** The activations that AIMET follows: Relu, PRelu and a Clip from 0 (algorithms.md 2). */
function whyNotAimet(step: Step): Refusal | undefined {
  const { op } = step.node;
  const isClip = step.kind === 'clamp' && op === 'Clip' && step.activation.lo[0] === 0;
  if (op === 'Relu' || op === 'PRelu' || isClip) return undefined;
  return { code: 'not-homogeneous', reason: `AIMET does not follow a chain through ${op}` };
}

/** Maximal runs of linked layers, each at least two. */
function chainsOf(links: Links, convsOnly: boolean): Link[][] {
  const isMember = (layer: Layer): boolean =>
    !convsOnly || layer.kind === 'conv' || layer.kind === 'convTranspose';
  const entered = new Set<NodeId>();
  const after = new Map<NodeId, Link>();
  for (const link of links.after.values()) {
    if (!isMember(link.from) || !isMember(link.to)) continue;
    after.set(link.from.node.id, link);
    entered.add(link.to.node.id);
  }
  const chains: Link[][] = [];
  for (const layer of links.layers) {
    if (entered.has(layer.node.id)) continue;
    const chain: Link[] = [];
    for (let link = after.get(layer.node.id); link; link = after.get(link.to.node.id)) {
      chain.push(link);
    }
    if (chain.length > 0) chains.push(chain);
  }
  return chains;
}

const setOf = (links: readonly Link[]): ClsSet => ({
  links,
  layers: links.flatMap((link, at) => (at === 0 ? [link.from, link.to] : [link.to])),
});

/**
 * A set goes on through depthwise layers, whose two sides are one: Conv, any number of depthwise
 * ones, and the first that is not depthwise, or the end of the chain. That one begins the next set.
 */
function ourSets(chain: readonly Link[]): ClsSet[] {
  const sets: ClsSet[] = [];
  let run: Link[] = [];
  for (const link of chain) {
    run.push(link);
    if (!isDepthwise(link.to.layout) || link.channelAt) {
      sets.push(setOf(run));
      run = [];
    }
  }
  if (run.length > 0) sets.push(setOf(run));
  return sets;
}

type AimetKind = 'conv' | 'depthwise' | 'unsupported';

function aimetKind({ layout }: Layer): AimetKind {
  if (layout.groups === 1) return 'conv';
  return isDepthwise(layout) ? 'depthwise' : 'unsupported';
}

/** The table of algorithms.md 3.2. */
function aimetSets(chain: readonly Link[]): ClsSet[] {
  const sets: ClsSet[] = [];
  let at = 0;
  while (at < chain.length) {
    const link = chain[at]!;
    const next = chain[at + 1];
    const first = aimetKind(link.from);
    const second = aimetKind(link.to);
    if (first === 'unsupported') at += 1;
    else if (second === 'unsupported') at += 2;
    else if (second === 'conv') {
      sets.push(setOf([link]));
      at += 1;
    } else if (first === 'conv' && next && aimetKind(next.to) === 'conv') {
      sets.push(setOf([link, next]));
      at += 2;
    } else at += 1;
  }
  return sets;
}
