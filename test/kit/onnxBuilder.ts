/**
 * Writes ONNX files field by field, so that a test can have one in any odd shape. It shares no code
 * with the reader and writer under test. Everything is an encoded field or a list of them.
 */
export type Field = Uint8Array;

/** Fields one after the other. */
export function join(...fields: readonly Field[]): Field {
  return Uint8Array.from(Buffer.concat(fields));
}

export function varint(value: number | bigint): Field {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest % 128n) + 128);
  out.push(Number(rest));
  return Uint8Array.from(out);
}

export const tag = (field: number, wireType: number): Field => varint(field * 8 + wireType);
export const int = (field: number, value: number | bigint): Field =>
  join(tag(field, 0), varint(value));
export const bytes = (field: number, payload: Uint8Array): Field =>
  join(tag(field, 2), varint(payload.length), payload);
export const text = (field: number, value: string): Field => bytes(field, Buffer.from(value));
export const message = (field: number, ...fields: readonly Field[]): Field =>
  bytes(field, join(...fields));
export const float32 = (field: number, value: number): Field =>
  join(tag(field, 5), bytesOf(Float32Array.of(value)));
export const float64 = (field: number, value: number): Field =>
  join(tag(field, 1), bytesOf(Float64Array.of(value)));
export const packedVarints = (field: number, values: readonly (number | bigint)[]): Field =>
  bytes(field, join(...values.map(varint)));

export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength));

/** A field that no version of ONNX has. */
export const unknownField = (payload = 'kept'): Field => text(777, payload);

/** TensorProto.DataType. */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
export const INT64 = 7;
export const STRING = 8;
export const FLOAT16 = 10;
export const DOUBLE = 11;
export const UINT64 = 13;
export const BFLOAT16 = 16;

/** A TensorProto's fields: dims one by one, type, name, then what is given. */
export const tensor = (
  name: string,
  dims: readonly number[],
  dataType: number,
  ...data: readonly Field[]
): Field => join(...dims.map((size) => int(1, size)), int(2, dataType), text(8, name), ...data);

export const raw = (array: ArrayBufferView): Field => bytes(9, bytesOf(array));

/** A float32 TensorProto with raw data. */
export const floats = (name: string, dims: readonly number[], values: readonly number[]): Field =>
  tensor(name, dims, FLOAT, raw(Float32Array.from(values)));

/** An int64 TensorProto with raw data. */
export const int64s = (name: string, dims: readonly number[], values: readonly number[]): Field =>
  tensor(name, dims, INT64, raw(BigInt64Array.from(values.map(BigInt))));

/** The fields that put a tensor's data into another file. */
export function external(location: string, offset?: number, length?: number): Field {
  const entry = (key: string, value: string): Field => message(13, text(1, key), text(2, value));
  return join(
    entry('location', location),
    ...(offset === undefined ? [] : [entry('offset', String(offset))]),
    ...(length === undefined ? [] : [entry('length', String(length))]),
    int(14, 1),
  );
}

export const initializer = (tensorFields: Field): Field => bytes(5, tensorFields);

export interface NodeParts {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  /** AttributeProtos, and whatever else. */
  readonly attributes?: readonly Field[];
  readonly extra?: readonly Field[];
}

/** A field of GraphProto: a node. */
export const node = (parts: NodeParts): Field =>
  message(
    1,
    ...(parts.inputs ?? []).map((name) => text(1, name)),
    ...(parts.outputs ?? []).map((name) => text(2, name)),
    ...(parts.name === undefined ? [] : [text(3, parts.name)]),
    text(4, parts.op),
    ...(parts.attributes ?? []).map((fields) => bytes(5, fields)),
    ...(parts.domain === undefined ? [] : [text(7, parts.domain)]),
    ...(parts.extra ?? []),
  );

const attribute = (name: string, type: number, ...fields: readonly Field[]): Field =>
  join(text(1, name), ...fields, int(20, type));

/** AttributeProtos of each type. */
export const attr = {
  float: (name: string, value: number): Field => attribute(name, 1, float32(2, value)),
  int: (name: string, value: number | bigint): Field => attribute(name, 2, int(3, value)),
  string: (name: string, value: string): Field => attribute(name, 3, text(4, value)),
  tensor: (name: string, tensorFields: Field): Field => attribute(name, 4, bytes(5, tensorFields)),
  graph: (name: string, graphFields: Field): Field => attribute(name, 5, bytes(6, graphFields)),
  floats: (name: string, values: readonly number[]): Field =>
    attribute(name, 6, ...values.map((value) => float32(7, value))),
  ints: (name: string, values: readonly number[]): Field =>
    attribute(name, 7, ...values.map((value) => int(8, value))),
  strings: (name: string, values: readonly string[]): Field =>
    attribute(name, 8, ...values.map((value) => text(9, value))),
  sparse: (name: string, sparseFields: Field): Field =>
    attribute(name, 11, bytes(22, sparseFields)),
  any: attribute,
};

/** A ValueInfoProto as a field: 11 input, 12 output, 13 value_info. Without dims: no shape. */
export function value(
  field: number,
  name: string,
  dims?: readonly (number | string)[],
  dataType = FLOAT,
): Field {
  const shape = dims?.map((size) =>
    message(1, typeof size === 'number' ? int(1, size) : text(2, size)),
  );
  const type = message(1, int(1, dataType), ...(shape ? [message(2, ...shape)] : []));
  return message(field, text(1, name), message(2, type));
}

export const input = (name: string, dims?: readonly (number | string)[], dataType = FLOAT): Field =>
  value(11, name, dims, dataType);
export const output = (
  name: string,
  dims?: readonly (number | string)[],
  dataType = FLOAT,
): Field => value(12, name, dims, dataType);

/** A GraphProto's fields under a name. */
export const graph = (...fields: readonly Field[]): Field => join(text(2, 'g'), ...fields);

export interface ModelParts {
  readonly irVersion?: number;
  readonly opset?: number;
  /** Other operator sets. */
  readonly opsets?: readonly (readonly [domain: string, version: number])[];
  /** Fields before and after the graph. */
  readonly before?: readonly Field[];
  readonly after?: readonly Field[];
}

/** A whole file around a GraphProto. */
export const model = (graphFields: Field, parts: ModelParts = {}): Uint8Array =>
  join(
    int(1, parts.irVersion ?? 8),
    text(2, 'builder'),
    ...(parts.before ?? []),
    bytes(7, graphFields),
    message(8, text(1, ''), int(2, parts.opset ?? 17)),
    ...(parts.opsets ?? []).map(([domain, version]) =>
      message(8, text(1, domain), int(2, version)),
    ),
    ...(parts.after ?? []),
  );

/** A metadata_props entry of a model. */
export const metadata = (key: string, content: string): Field =>
  message(14, text(1, key), text(2, content));
