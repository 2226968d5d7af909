import type { JsonNode, TextPosition } from '../json/jsonTree.ts';

/** Versions of `.encodings` files, oldest first (algorithms: section 7). */
export const encodingsVersions = ['0.6.1', '1.0.0', '2.0.0', '2.1.0'] as const;
export type EncodingsVersion = (typeof encodingsVersions)[number];

/**
 * The grid of an entry: level * scale from `lowest` to `highest`, one of each for the tensor, for each
 * channel, or for each block.
 */
export interface FileGrid {
  readonly bits: number;
  readonly isSymmetric: boolean;
  readonly scale: Float64Array;
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
  /** As the file states it; versions before 2 never do. */
  readonly axis: number | undefined;
  /** Input channels that share a scale, where scales are for blocks of them. */
  readonly blockSize: number | undefined;
}

/** One entry of a file, as far as it could be understood, and where its parts stand. */
export interface FileEncoding {
  readonly name: string;
  /** The list that it stands in; version 2 has one for all. */
  readonly section: 'activation' | 'parameter' | undefined;
  /** For people: `int8`, `uint16`, `float16`. */
  readonly type: string;
  /** Undefined for float types, and where the values make no grid: that is a problem of the file. */
  readonly grid: FileGrid | undefined;
  /** Path in the JSON, such as `param_encodings[3]`. */
  readonly path: string;
  readonly place: JsonNode;
  /** Of what the name says; the key in version 0.6.1. */
  readonly namePlace: { readonly start: number; readonly end: number };
  /** Where the values stand that can be wrong. */
  readonly parts: {
    readonly scale?: JsonNode;
    readonly offset?: JsonNode;
    readonly bits?: JsonNode;
    readonly axis?: JsonNode;
  };
}

/** A `.encodings` file. */
export interface EncodingsFile {
  readonly version: EncodingsVersion;
  readonly entries: readonly FileEncoding[];
  readonly root: JsonNode;
  /** Line and column of an offset in the text. */
  readonly position: (offset: number) => TextPosition;
}
