import { type Graph, type Node } from '../../core/graph/graph.ts';
import { elementCount, isFloat } from '../../core/graph/tensor.ts';
import type { Job } from '../../core/job.ts';
import { isPartlyQuantized } from '../../core/quant/quantizedModel.ts';
import { BadFile, refuse } from '../badFile.ts';
import type { FileSource } from '../fileSource.ts';
import type { FormatIssue, ModelInfo } from '../format.ts';
import {
  checkInputs,
  checkOutputs,
  checkVersions,
  issuesOf,
  senselessIssues,
  overridableIssues,
} from './checkModel.ts';
import type { ExternalFiles } from './externalData.ts';
import { readGraph, type GraphParts } from './readGraph.ts';
import { readNode } from './readNode.ts';
import { ENTRY, FUNCTION, MODEL, NEWEST_IR_VERSION, OPSET } from './schema.ts';
import { sortNodes } from './sortNodes.ts';
import { parseStatistics, STATISTICS_KEY } from './statistics.ts';
import { WireReader } from './wireReader.ts';

/** A model file, read; `parts` has its graph as it stands in the file. */
export interface ReadModel {
  readonly info: ModelInfo;
  readonly irVersion: number;
  readonly graph: Graph;
  readonly parts: GraphParts;
  readonly issues: readonly FormatIssue[];
}

/** The fields of a ModelProto, its graph aside. */
interface ModelHead {
  irVersion: number | undefined;
  producer: string;
  producerVersion: string;
  readonly opsets: Map<string, number>;
  readonly metadata: Map<string, string>;
  parts: GraphParts | undefined;
}

/** Reads a model, its weights not; refuses with a fault what cannot be gone on from. */
export async function readModel(
  source: FileSource,
  files: ExternalFiles,
  job: Job,
): Promise<ReadModel> {
  const file = source.path;
  const head = await readHead(source, files, job);
  const { parts } = head;
  if (!parts) {
    return refuse({
      code: 'no-graph',
      message: `${file} is an ONNX file without a graph.`,
      offset: source.sizeBytes,
      remedy: 'The file is incomplete: export the model again.',
    });
  }
  checkVersions(head.irVersion, head.opsets, file);
  const nodes = parts.nodes.filter((node): node is Node => 'id' in node);
  checkInputs(parts, file);
  const inputs = parts.inputs.filter((input) => !parts.tensors.has(input.name));
  const made = new Set([...parts.tensors.keys(), ...inputs.map((input) => input.name)]);
  const sorted = sortNodes(nodes, made, file);
  checkOutputs(parts, sorted, made, file);
  const issues = issuesOf(nodes, sorted);

  const { name, tensors, outputs, values, hidden } = parts;
  const bare: Graph = {
    name,
    nodes: sorted,
    tensors,
    inputs,
    outputs,
    values,
    opsets: head.opsets,
    statistics: new Map(),
    hidden,
  };
  const { statistics, stale } = parseStatistics(head.metadata.get(STATISTICS_KEY) ?? '', bare);
  for (const layer of stale) {
    issues.push({
      code: 'stale-statistics',
      severity: 'warning',
      message: `The statistics that a fold had kept for "${layer}" do not belong to its present weights and are left out.`,
      where: layer,
    });
  }
  issues.push(...senselessIssues(sorted));
  issues.push(...overridableIssues(parts, head.irVersion));
  if (isPartlyQuantized(bare)) {
    issues.push({
      code: 'partly-quantized',
      severity: 'info',
      message:
        'Some layers of the model are quantized already; they are left as they are. The layers that still have float weights can be corrected.',
    });
  }
  return {
    info: infoOf(head, parts, nodes.length, source),
    irVersion: head.irVersion ?? NEWEST_IR_VERSION,
    graph: { ...bare, statistics },
    parts,
    issues,
  };
}

async function readHead(source: FileSource, files: ExternalFiles, job: Job): Promise<ModelHead> {
  const head: ModelHead = {
    irVersion: undefined,
    producer: '',
    producerVersion: '',
    opsets: new Map(),
    metadata: new Map(),
    parts: undefined,
  };
  try {
    await readFields(source, head, files, job);
  } catch (thrown) {
    const isBare = head.irVersion === undefined && head.opsets.size === 0 && !head.parts;
    if (thrown instanceof BadFile && isBare) refuseStranger(source);
    throw thrown;
  }
  return head;
}

async function readFields(
  source: FileSource,
  head: ModelHead,
  files: ExternalFiles,
  job: Job,
): Promise<void> {
  const reader = new WireReader(source, 0, source.sizeBytes, 'the model');
  if (!reader.next() || FIRST_TAGS.get(reader.field) !== reader.wireType) {
    refuseStranger(source);
  }
  do {
    switch (reader.field) {
      case MODEL.irVersion:
        head.irVersion = reader.unsigned;
        break;
      case MODEL.producerName:
        head.producer = reader.text;
        break;
      case MODEL.producerVersion:
        head.producerVersion = reader.text;
        break;
      case MODEL.graph:
        if (head.parts) reader.refuse('duplicate-graph', 'is a second graph');
        head.parts = await readGraph(reader.message('the graph'), files, job);
        break;
      case MODEL.opsetImport: {
        const [domain, version] = readOpset(reader.message('an operator set'));
        head.opsets.set(domain === 'ai.onnx' ? '' : domain, version);
        break;
      }
      case MODEL.metadataProps: {
        const [key, value] = readEntry(reader.message('a metadata entry'));
        head.metadata.set(key, value);
        break;
      }
      case MODEL.functions: {
        const inner = new Set<string>();
        const body = reader.message('a function');
        while (body.next()) {
          if (body.field === FUNCTION.node)
            readNode(body.message('a node of a function'), files, inner);
        }
        break;
      }
    }
  } while (reader.next());
}

/** ONNX files have no signature; the first field tells most other files apart. */
const FIRST_TAGS = new Map<number, number>([
  [MODEL.irVersion, 0],
  [MODEL.producerName, 2],
  [MODEL.producerVersion, 2],
  [MODEL.domain, 2],
  [MODEL.modelVersion, 0],
  [MODEL.docString, 2],
  [MODEL.graph, 2],
  [MODEL.opsetImport, 2],
  [MODEL.metadataProps, 2],
]);

function refuseStranger({ path, sizeBytes }: FileSource): never {
  const isEmpty = sizeBytes === 0;
  refuse({
    code: 'not-onnx',
    message: isEmpty ? `${path} is empty.` : `${path} is not an ONNX file.`,
    offset: 0,
    where: path,
    remedy: isEmpty ? 'Copy or export it again.' : 'Choose an ONNX model, or export yours as one.',
  });
}

function readOpset(reader: WireReader): [domain: string, version: number] {
  let domain = '';
  let version = 0;
  while (reader.next()) {
    if (reader.field === OPSET.domain) domain = reader.text;
    else if (reader.field === OPSET.version) version = reader.signed;
  }
  return [domain, version];
}

/** Reads a StringStringEntryProto. */
export function readEntry(reader: WireReader): [key: string, value: string] {
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === ENTRY.key) key = reader.text;
    else if (reader.field === ENTRY.value) value = reader.text;
  }
  return [key, value];
}

function infoOf(
  head: ModelHead,
  parts: GraphParts,
  nodeCount: number,
  source: FileSource,
): ModelInfo {
  let parameterCount = 0;
  for (const tensor of parts.tensors.values()) {
    if (isFloat(tensor.type)) parameterCount += elementCount(tensor.dims);
  }
  const opset = head.opsets.get('');
  return {
    format: 'onnx',
    label: opset === undefined ? 'ONNX' : `ONNX ${opset}`,
    producer: [head.producer, head.producerVersion].filter((word) => word !== '').join(' '),
    sizeBytes: source.sizeBytes,
    parameterCount,
    nodeCount,
    metadata: head.metadata,
  };
}
