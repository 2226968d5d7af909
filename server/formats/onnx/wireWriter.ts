/** The bytes of a message under construction: chunks that are joined once, at the end. */
export class WireWriter {
  readonly chunks: Uint8Array[] = [];
  length = 0;

  /** Bytes as they are, for instance fields copied from elsewhere. They are kept, not copied. */
  add(bytes: Uint8Array): this {
    this.chunks.push(bytes);
    this.length += bytes.length;
    return this;
  }

  /** A field of wire type 0. Negative numbers take ten bytes, as int64 has it. */
  int(field: number, value: number | bigint): this {
    return this.add(tag(field, 0)).add(varint(value));
  }

  /** A field of wire type 5: a float32. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.add(tag(field, 5)).add(bytes);
  }

  bytes(field: number, bytes: Uint8Array): this {
    return this.add(lengthPrefix(field, bytes.length)).add(bytes);
  }

  text(field: number, text: string): this {
    return this.bytes(field, utf8(text));
  }

  message(field: number, message: WireWriter): this {
    this.add(lengthPrefix(field, message.length));
    for (const chunk of message.chunks) this.add(chunk);
    return this;
  }

  /** All chunks in one array. */
  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }
}

const encoder = new TextEncoder();

/** The bytes of a text in UTF-8. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** A base-128 varint. A number must be an integer; a negative one is encoded as int64. */
export function varint(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
    const out: number[] = [];
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
    out.push(rest);
    return Uint8Array.from(out);
  }
  let rest = BigInt.asUintN(64, toInt64(value));
  const out: number[] = [];
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** A field's number and wire type, encoded. */
export const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

/** What stands before the payload of a field of wire type 2. */
export function lengthPrefix(field: number, length: number): Uint8Array {
  const head = tag(field, 2);
  const size = varint(length);
  const out = new Uint8Array(head.length + size.length);
  out.set(head);
  out.set(size, head.length);
  return out;
}

/** Attributes beyond 2^53 come rounded (INT64_MAX as 2^63): they are brought back into range. */
function toInt64(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value;
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  if (value <= -(2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}
