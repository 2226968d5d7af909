import type { Graph } from '../../core/graph/graph.ts';
import type { FileSource } from '../fileSource.ts';
import { Parts } from './parts.ts';
import { readEntry } from './readModel.ts';
import { rewriteGraph, type Origin, type RewritePlan } from './rewriteGraph.ts';
import { ENTRY, MODEL, OPSET } from './schema.ts';
import { WireReader } from './wireReader.ts';
import { WireWriter } from './wireWriter.ts';

/**
 * The file after the changes. Entries of `metadata` are set (undefined: removed); where no plan is
 * given the graph is copied.
 */
export function rewriteModel(
  source: FileSource,
  origin: Origin,
  plan: RewritePlan | undefined,
  metadata: ReadonlyMap<string, string | undefined>,
): Parts {
  const out = new Parts();
  const pending = new Map(metadata);
  const reader = new WireReader(source, 0, source.sizeBytes, 'the model');
  const domains = new Set(['', 'ai.onnx']);
  while (reader.next()) {
    if (reader.field === MODEL.graph && plan) {
      out.message(MODEL.graph, rewriteGraph(reader.message('the graph'), origin, plan));
      continue;
    }
    if (reader.field === MODEL.metadataProps) {
      const [key, value] = readEntry(reader.message('a metadata entry'));
      if (metadata.has(key)) {
        const next = pending.get(key);
        pending.delete(key);
        if (next !== value) {
          if (next !== undefined) addEntry(out, key, next);
          continue;
        }
      }
    }
    const { start, end } = reader;
    if (reader.field === MODEL.opsetImport) {
      const [domain, version] = operatorSet(reader);
      domains.add(domain);
      const wanted = plan?.graph.opsets.get(domain === 'ai.onnx' ? '' : domain);
      if (wanted !== undefined && wanted !== version) {
        addOperatorSet(out, domain, wanted);
        continue;
      }
    } else if (reader.field === MODEL.irVersion && plan && origin.irVersion < irOf(plan.graph)) {
      out.fields(new WireWriter().int(MODEL.irVersion, irOf(plan.graph)));
      continue;
    }
    out.copy(start, end);
  }
  for (const [domain, version] of plan?.graph.opsets ?? []) {
    if (!domains.has(domain)) addOperatorSet(out, domain, version);
  }
  for (const [key, value] of pending) if (value !== undefined) addEntry(out, key, value);
  return out;
}

/** Domain ('' where it names none) and version of an OperatorSetIdProto. */
function operatorSet(reader: WireReader): [string, number] {
  const entry = reader.message('an operator set');
  let domain = '';
  let version = 0;
  while (entry.next()) {
    if (entry.field === OPSET.domain) domain = entry.text;
    else if (entry.field === OPSET.version) version = entry.unsigned;
  }
  return [domain, version];
}

function addOperatorSet(out: Parts, domain: string, version: number): void {
  const entry = new WireWriter().text(OPSET.domain, domain).int(OPSET.version, version);
  out.message(MODEL.opsetImport, new Parts().fields(entry));
}

/** The least IR version of what only newer operator sets have: 10 came with opset 21 and int4. */
const irOf = ({ opsets }: Graph): number => ((opsets.get('') ?? 1) >= 21 ? 10 : 0);

function addEntry(out: Parts, key: string, value: string): void {
  const entry = new WireWriter().text(ENTRY.key, key).text(ENTRY.value, value);
  out.message(MODEL.metadataProps, new Parts().fields(entry));
}
