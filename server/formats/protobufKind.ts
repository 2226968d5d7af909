import { BadFile } from './badFile.ts';
import { FileSource } from './fileSource.ts';
import { WireReader } from './onnx/wireReader.ts';

/** What a protobuf file without a name of its own may be. */
export type ProtobufKind = 'onnx' | 'tensor' | 'savedModel' | 'graph';

/** Enough to meet the graph of an ONNX model, which stands after what is said of it. */
const mostFields = 64;
const [varint, run] = [0, 2];

/**
 * What a `.pb` holds, by the numbers and types of its first fields, also where it is cut off;
 * undefined where that is nothing that is known. No payload is read.
 *
 * ModelProto: `ir_version = 1` (a number), `graph = 7`. TensorProto: `dims = 1`, `data_type = 2` (a
 * number). SavedModel (saved_model.proto): a number as 1, meta graphs as 2 and nothing else. GraphDef
 * (graph.proto): nodes as 1, which begin with their name.
 */
export function protobufKind(path: string): ProtobufKind | undefined {
  const met = firstFields(path);
  if (met.has(`2:${varint}`)) return 'tensor';
  if (met.has(`7:${run}`)) return 'onnx';
  const isOnly = (...fields: readonly string[]): boolean =>
    [...met].every((one) => fields.includes(one));
  if (met.has(`2:${run}`) && isOnly(`1:${varint}`, `2:${run}`)) return 'savedModel';
  const graph = [named, `1:${run}`, `2:${run}`, `3:${varint}`, `4:${run}`, `5:${run}`];
  return met.has(named) && isOnly(...graph) ? 'graph' : undefined;
}

/** That the first field is a message whose first is a name. */
const named = 'named';

/** Number and type of each, as far as they can be read. */
function firstFields(path: string): Set<string> {
  const source = new FileSource(path);
  const reader = new WireReader(source, 0, source.sizeBytes, 'the file');
  const met = new Set<string>();
  const take = (): void => void met.add(`${reader.field}:${reader.wireType}`);
  try {
    for (let i = 0; i < mostFields && reader.next(); i++) {
      take();
      if (i === 0 && reader.field === 1 && reader.wireType === run && beginsWithName(reader))
        met.add(named);
    }
  } catch (thrown) {
    if (!(thrown instanceof BadFile)) throw thrown;
    take();
  } finally {
    source.close();
  }
  return met;
}

function beginsWithName(node: WireReader): boolean {
  const inside = node.message('a node');
  return inside.next() && inside.field === 1 && inside.wireType === run;
}
