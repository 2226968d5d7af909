import { refuse } from '../badFile.ts';
import type { FileSource } from '../fileSource.ts';

/** As protobuf's own readers have it. */
const MAX_DEPTH = 100;

/**
 * Reads the fields of one message, one after the other. `next` moves to the next field and checks
 * its length; payloads are not read unless asked for.
 */
export class WireReader {
  field = 0;
  wireType = 0;
  /** Where the field's tag is. */
  start = 0;
  /** Where its payload begins and ends; `end` is where the next field is. */
  payload = 0;
  end: number;
  /** The lower and upper 32 bits of a varint. */
  #low = 0;
  #high = 0;

  /** A message in `source` from `from` to `until`; `what` names it in faults. */
  constructor(
    readonly source: FileSource,
    from: number,
    private readonly until: number,
    readonly what: string,
    private readonly depth = 0,
  ) {
    this.end = from;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.end >= this.until) return false;
    this.start = this.end;
    this.payload = this.#varint(this.start);
    const isShort = this.#high === 0 && this.#low < 2 ** 31;
    const key = this.#varintRead();
    this.field = isShort ? this.#low >> 3 : Math.floor(key / 8);
    this.wireType = isShort ? this.#low & 7 : key % 8;
    if (this.field === 0 || this.field >= 2 ** 29) {
      this.#refuse('bad-tag', `has no valid field number (${this.field})`);
    }
    this.end = this.#endOfPayload();
    if (this.end > this.until) this.#refuseOverrun(this.end - this.payload);
    return true;
  }

  /** The field's value as an unsigned number; rounded beyond 2^53. */
  get unsigned(): number {
    this.#expect(0);
    return this.#varintRead();
  }

  /** The field's value as int64; rounded beyond 2^53. */
  get signed(): number {
    this.#expect(0);
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }

  /** The lower 32 bits of the field's varint, and the upper ones. */
  get low(): number {
    return this.#low;
  }

  get high(): number {
    return this.#high;
  }

  get float(): number {
    this.#expect(5);
    return this.source.view(this.payload, 4).getFloat32(0, true);
  }

  get text(): string {
    this.#expect(2);
    return this.source.text(this.payload, this.end);
  }

  /** The field as a message of its own. */
  message(what: string): WireReader {
    this.#expect(2);
    if (this.depth >= MAX_DEPTH) this.#refuse('too-deep', 'is nested too deeply');
    return new WireReader(this.source, this.payload, this.end, what, this.depth + 1);
  }

  /** Calls back with the lower and upper 32 bits of each varint of a packed field. */
  eachVarint(visit: (low: number, high: number) => void): void {
    for (let at = this.payload; at < this.end;) {
      at = this.#varint(at, this.end);
      visit(this.#low, this.#high);
    }
  }

  /** Appends the integers of the field, packed or not. */
  integers(into: number[], limit = Infinity): void {
    if (this.wireType !== 2) into.push(this.signed);
    else {
      for (let at = this.payload; at < this.end;) {
        at = this.#varint(at, this.end);
        into.push((this.#high | 0) * 2 ** 32 + this.#low);
        if (into.length > limit) break;
      }
    }
    if (into.length > limit) this.#refuse('too-many', `has more than ${limit} values`);
  }

  /** Appends the float32s of the field, packed or not. */
  floats(into: number[]): void {
    if (this.wireType !== 2) {
      into.push(this.float);
      return;
    }
    if ((this.end - this.payload) % 4 !== 0) {
      this.#refuse('bad-length', `has ${this.end - this.payload} bytes, not a multiple of 4`);
    }
    const bytes = this.source.read(this.payload, this.end);
    for (const value of new Float32Array(bytes.buffer)) into.push(value);
  }

  /** Ends the reading: the field is not what it must be. */
  refuse(code: string, problem: string, remedy?: string): never {
    return this.#refuse(code, problem, remedy);
  }

  /** Ends the reading: the message as a whole is not what it must be. */
  refuseMessage(code: string, offset: number, problem: string, remedy?: string): never {
    return refuse({
      code,
      message: `${this.source.path}: ${problem}.`,
      offset,
      remedy: remedy ?? 'The file is damaged: export it again.',
    });
  }

  #endOfPayload(): number {
    switch (this.wireType) {
      case 0:
        return this.#varint(this.payload);
      case 1:
        return this.payload + 8;
      case 2: {
        const at = this.payload;
        this.payload = this.#varint(at);
        return this.payload + this.#varintRead();
      }
      case 5:
        return this.payload + 4;
      default:
        return this.#refuse('unknown-wire-type', `has the unknown wire type ${this.wireType}`);
    }
  }

  /** The varint that was read last; rounded beyond 2^53. */
  #varintRead(): number {
    return this.#high === 0 ? this.#low : this.#high * 2 ** 32 + this.#low;
  }

  /** Reads a varint at an offset and gives the offset after it. Most have one byte. */
  #varint(offset: number, until = this.until): number {
    const first = offset < until ? this.source.byte(offset) : 0x80;
    if (first >= 0x80) return this.#longVarint(offset, until);
    this.#low = first;
    this.#high = 0;
    return offset + 1;
  }

  #longVarint(offset: number, until: number): number {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (offset >= until) this.#refuseOverrun(1, offset);
      const byte = this.source.byte(offset++);
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return offset;
      }
    }
    return this.#refuse('bad-varint', 'has a number of more than ten bytes');
  }

  #expect(wireType: number): void {
    if (this.wireType !== wireType) {
      this.#refuse(
        'wrong-wire-type',
        `has wire type ${this.wireType} where ${wireType} is expected`,
      );
    }
  }

  #refuseOverrun(needed: number, from = this.payload): never {
    const left = Math.max(0, this.until - from);
    const isFileEnd = from + needed > this.source.sizeBytes;
    return this.#refuse(
      isFileEnd ? 'truncated' : 'bad-length',
      `needs ${needed} bytes, ${left} are left in ${isFileEnd ? 'the file' : this.what}`,
      isFileEnd ? 'The file is cut short or damaged: copy or export it again.' : undefined,
    );
  }

  #refuse(code: string, problem: string, remedy = 'The file is damaged: export it again.'): never {
    return refuse({
      code,
      message: `${this.source.path} is damaged at byte ${this.start}: field ${this.field} of ${this.what} ${problem}.`,
      offset: this.start,
      where: this.what,
      remedy,
    });
  }
}
