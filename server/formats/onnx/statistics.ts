import { createHash } from 'node:crypto';
import type { Graph, LayerStatistics, Node } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';

/** The key of `metadata_props` under which a file keeps the statistics of its layers. */
export const STATISTICS_KEY = 'rangefinder.statistics';

/** Larger tensors are looked at in this many places, so that opening does not read all weights. */
const SAMPLES = 256;
const SAMPLE_BYTES = 4096;

/** Gives the text that `parseStatistics` reads; each layer with a checksum of its weights. */
export function formatStatistics(graph: Graph): string {
  const makers = makersOf(graph);
  const layers: [string, object][] = [];
  for (const [layer, statistics] of graph.statistics) {
    const maker = makers.get(layer);
    if (!maker) continue;
    const { batchNorm, gamma, beta, scale, absorbed } = statistics;
    const [g, b, s, a] = [gamma, beta, scale, absorbed].map((values) => Array.from(values));
    const weights = checksum(maker, graph, makers);
    layers.push([layer, { batchNorm, gamma: g, beta: b, scale: s, absorbed: a, weights }]);
  }
  return JSON.stringify({ version: 1, layers: Object.fromEntries(layers) });
}

/** The statistics of a file that still fit its weights, and the names of those that do not. */
export function parseStatistics(
  text: string,
  graph: Graph,
): { statistics: Map<string, LayerStatistics>; stale: string[] } {
  const statistics = new Map<string, LayerStatistics>();
  const stale: string[] = [];
  const layers = Object.entries(layersIn(text));
  if (layers.length === 0) return { statistics, stale };
  const makers = makersOf(graph);
  for (const [layer, entry] of layers) {
    const maker = makers.get(layer);
    const read = readEntry(entry);
    if (maker && read && read.weights === checksum(maker, graph, makers)) {
      statistics.set(layer, read.statistics);
    } else stale.push(layer);
  }
  return { statistics, stale };
}

/** A text of ours; anything else has no layers. */
function layersIn(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed) && parsed['version'] === 1 && isRecord(parsed['layers'])) {
      return parsed['layers'];
    }
  } catch {
    // Not JSON: then it is not ours.
  }
  return {};
}

function readEntry(entry: unknown): { statistics: LayerStatistics; weights: string } | undefined {
  if (!isRecord(entry)) return undefined;
  const { batchNorm, gamma, beta, scale, absorbed, weights } = entry as Record<
    keyof LayerStatistics | 'weights',
    unknown
  >;
  if (typeof batchNorm !== 'string' || typeof weights !== 'string') return undefined;
  if (!isNumbers(gamma) || !isNumbers(beta) || !isNumbers(scale) || !isNumbers(absorbed)) {
    return undefined;
  }
  const isEven = [beta, scale, absorbed].every((list) => list.length === gamma.length);
  return isEven ? { statistics: { batchNorm, gamma, beta, scale, absorbed }, weights } : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

/**
 * Of the constants that the layer computes with: those of its node, and where that is the Add of a
 * bias, those of the node before it.
 */
function checksum(maker: Node, graph: Graph, makers: ReadonlyMap<string, Node>): string {
  const hash = createHash('sha256');
  const before = maker.op === 'Add' ? maker.inputs.map((input) => makers.get(input)) : [];
  for (const node of [maker, ...before]) {
    for (const input of node?.inputs ?? []) {
      const tensor = graph.tensors.get(input);
      if (!tensor) continue;
      hash.update(`${tensor.type}[${tensor.dims.join()}]`);
      for (const bytes of samples(tensor)) hash.update(bytes);
    }
  }
  return hash.digest('hex').slice(0, 32);
}

function* samples(tensor: Tensor): Generator<Uint8Array> {
  const { sizeBytes } = tensor.data;
  if (sizeBytes <= SAMPLES * SAMPLE_BYTES) yield tensor.data.read();
  else {
    for (let i = 0; i < SAMPLES; i++) {
      const start = Math.floor((i * (sizeBytes - SAMPLE_BYTES)) / (SAMPLES - 1));
      yield tensor.data.read(start, start + SAMPLE_BYTES);
    }
  }
}

function makersOf(graph: Graph): Map<string, Node> {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const value of node.outputs) makers.set(value, node);
  return makers;
}
