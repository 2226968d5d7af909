import type { TensorData } from '../../core/graph/tensor.ts';
import type { FileSource } from '../fileSource.ts';
import { lengthPrefix, type WireWriter } from './wireWriter.ts';

/** A piece of a file to write: bytes, a range to copy from the file that was read, or elements. */
export type Part =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'copy'; readonly start: number; end: number }
  | { readonly kind: 'data'; readonly data: TensorData };

/** A file under construction, or a message in it, without the bytes of its weights. */
export class Parts {
  readonly list: Part[] = [];
  sizeBytes = 0;

  bytes(bytes: Uint8Array): this {
    if (bytes.length > 0) this.list.push({ kind: 'bytes', bytes });
    this.sizeBytes += bytes.length;
    return this;
  }

  /** Adjoining ranges become one. */
  copy(start: number, end: number): this {
    const last = this.list.at(-1);
    if (last?.kind === 'copy' && last.end === start) last.end = end;
    else if (end > start) this.list.push({ kind: 'copy', start, end });
    this.sizeBytes += end - start;
    return this;
  }

  data(data: TensorData): this {
    this.list.push({ kind: 'data', data });
    this.sizeBytes += data.sizeBytes;
    return this;
  }

  /** Fields that are already encoded. */
  fields(writer: WireWriter): this {
    return this.bytes(writer.finish());
  }

  /** A field whose payload is under construction too. */
  message(field: number, payload: Parts): this {
    this.bytes(lengthPrefix(field, payload.sizeBytes));
    this.list.push(...payload.list);
    this.sizeBytes += payload.sizeBytes;
    return this;
  }

  /** All of it in memory. */
  join(source: FileSource): Uint8Array {
    const out = new Uint8Array(this.sizeBytes);
    let at = 0;
    for (const part of this.list) {
      const bytes =
        part.kind === 'bytes'
          ? part.bytes
          : part.kind === 'copy'
            ? source.read(part.start, part.end)
            : part.data.read();
      out.set(bytes, at);
      at += bytes.length;
    }
    return out;
  }
}
