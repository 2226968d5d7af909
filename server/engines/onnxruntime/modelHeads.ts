/** What a model's bytes say of its outputs and external files, read without a schema (appendix A). */
export interface ModelHeads {
  readonly outputs: readonly { readonly name: string; readonly elementType: number }[];
  /** `location` of the external data of the main graph's initializers, each once. */
  readonly externalFiles: readonly string[];
}

type Field = {
  readonly number: number;
  readonly varint: number;
  readonly bytes: Uint8Array | undefined;
};

const utf8 = new TextDecoder();

/**
 * Reads the outputs and external files of a serialized ModelProto. Field numbers of onnx.proto3:
 * ModelProto.graph 7; GraphProto.initializer 5, output 12; ValueInfoProto.name 1, type 2;
 * TypeProto.tensor_type 1; Tensor.elem_type 1; TensorProto.external_data 13 (key 1, value 2).
 * Bytes that are no protobuf give what could be read.
 */
export function readModelHeads(model: Uint8Array): ModelHeads {
  const outputs: { name: string; elementType: number }[] = [];
  const files = new Set<string>();
  for (const graph of messages(model, 7)) {
    for (const field of fieldsOf(graph)) {
      if (field.bytes === undefined) continue;
      if (field.number === 12) outputs.push(outputOf(field.bytes));
      else if (field.number === 5) {
        const location = locationOf(field.bytes);
        if (location !== undefined) files.add(location);
      }
    }
  }
  return { outputs, externalFiles: [...files] };
}

function outputOf(bytes: Uint8Array): { name: string; elementType: number } {
  let name = '';
  let elementType = 0;
  for (const value of messages(bytes, 1)) name = utf8.decode(value);
  for (const type of messages(bytes, 2)) {
    for (const tensor of messages(type, 1)) {
      for (const field of fieldsOf(tensor)) if (field.number === 1) elementType = field.varint;
    }
  }
  return { name, elementType };
}

function locationOf(tensor: Uint8Array): string | undefined {
  for (const entry of messages(tensor, 13)) {
    const [key = new Uint8Array()] = messages(entry, 1);
    const [value = new Uint8Array()] = messages(entry, 2);
    if (utf8.decode(key) === 'location') return utf8.decode(value);
  }
  return undefined;
}

function* messages(bytes: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of fieldsOf(bytes)) {
    if (field.number === number && field.bytes) yield field.bytes;
  }
}

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < bytes.length && shift < 70; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) yield { number, varint: varint(), bytes: undefined };
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varint();
      yield { number, varint: 0, bytes: bytes.subarray(at, at + length) };
      at += length;
    } else return;
  }
}
