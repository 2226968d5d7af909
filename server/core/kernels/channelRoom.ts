import { channelsAt, kernelModule, singlesAt, type KernelExports } from './kernelModule.ts';

/** Channels that there is room for. */
const roomChannels = 2 ** 13;
const apart = 8 * roomChannels;
/** Places for vectors with a number a channel; what is left behind them is for marks. */
const places = 7;
const marksAt = channelsAt + places * apart;
const mostMarks = singlesAt - marksAt;
/** Fewer numbers than this are not worth a call. */
const leastTogether = 16;

/** Undefined: nobody asked yet; null: no kernels. */
let shared: ChannelRoom | null | undefined;

/**
 * Room in the kernels' memory for vectors with a number a channel, which is anybody's again at the
 * next call. What a process computes of channels it computes a few times, with loops that nobody
 * has compiled yet: to compile them takes it longer than to carry the numbers there and back.
 */
export class ChannelRoom {
  readonly #numbers: Float64Array;
  readonly #marks: Uint8Array;

  private constructor(readonly kernels: KernelExports) {
    const { buffer } = kernels.memory;
    this.#numbers = new Float64Array(buffer, channelsAt, places * roomChannels);
    this.#marks = new Uint8Array(buffer, marksAt, mostMarks);
  }

  /** The room, where so many channels fit in and are worth it. */
  static for(channels: number): ChannelRoom | undefined {
    if (channels < leastTogether || channels > roomChannels) return undefined;
    if (shared === undefined) {
      const kernels = kernelModule();
      shared = kernels ? new ChannelRoom(kernels) : null;
    }
    return shared ?? undefined;
  }

  /** The address of a place, from 0 on. */
  at(place: number): number {
    return channelsAt + place * apart;
  }

  /** Bytes between a place and the next. */
  get apart(): number {
    return apart;
  }

  /** Numbers that have room in the places from this one on. */
  roomFrom(place: number): number {
    return (places - place) * roomChannels;
  }

  put(place: number, values: ArrayLike<number>): number {
    this.#numbers.set(values, place * roomChannels);
    return this.at(place);
  }

  /** A new array with what is at a place. */
  take(place: number, count: number): Float64Array {
    return this.#numbers.slice(place * roomChannels, place * roomChannels + count);
  }

  /** Overwrites an array with what is at a place. */
  takeInto(place: number, out: Float64Array): void {
    const from = place * roomChannels;
    out.set(this.#numbers.subarray(from, from + out.length));
  }

  /** A new array with the bytes that are at a place. */
  takeBytes(place: number, count: number): Uint8Array {
    return new Uint8Array(this.kernels.memory.buffer, this.at(place), count).slice();
  }

  /** Puts zeros from a place on. */
  clear(place: number, count: number): void {
    this.#numbers.fill(0, place * roomChannels, place * roomChannels + count);
  }

  /** One of the numbers at a place. */
  get(place: number, at: number): number {
    return this.#numbers[place * roomChannels + at]!;
  }

  /** Puts bytes where there is room for them; their address. */
  putMarks(marks: Uint8Array): number | undefined {
    if (marks.length > mostMarks) return undefined;
    this.#marks.set(marks);
    return marksAt;
  }
}
