import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { bundledFile } from '../../bundledFile.ts';
import { BadImage, withoutAlpha, type Picture } from './picture.ts';

interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** The part of a jSquash decoder that is used: `keepOrientation` is for JPEG only. */
interface Decoder {
  decode(bytes: Uint8Array, keepOrientation?: boolean): Decoded | null;
}

/** The part of WebAssembly that is used; the libraries for Node do not declare it. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

type DecoderFactory = (options: {
  readonly noInitialRun: boolean;
  instantiateWasm(imports: object, done: (instance: { readonly exports: object }) => void): object;
  print(text: string): void;
  printErr(text: string): void;
}) => Promise<Decoder>;

/**
 * A decoder compiled to WebAssembly: loaded when first used, and loaded anew after a picture made
 * it stop, whose memory it would keep.
 */
export class Codec {
  #loaded: Promise<Decoder> | undefined;
  #complaint = '';

  constructor(
    private readonly wasm: string,
    private readonly load: () => Promise<{ readonly default: unknown }>,
  ) {}

  /** Throws `BadImage`; a picture that ends early is one, though the decoder would fill it up. */
  async decode(bytes: Uint8Array, ...options: [] | [keepOrientation: boolean]): Promise<Picture> {
    const decoder = await (this.#loaded ??= this.#start());
    this.#complaint = '';
    let decoded: Decoded | null;
    try {
      decoded = decoder.decode(bytes, ...options);
    } catch (thrown) {
      this.#loaded = undefined;
      const why = this.#complaint || (thrown instanceof Error ? thrown.message : 'it is damaged');
      throw new BadImage(`cannot be decoded: ${why}`);
    }
    if (!decoded) throw new BadImage('cannot be decoded: it is damaged');
    if (/premature end|corrupt/i.test(this.#complaint)) {
      throw new BadImage(`is damaged: ${this.#complaint}`);
    }
    return withoutAlpha(decoded.data, decoded.width, decoded.height);
  }

  async #start(): Promise<Decoder> {
    const path = bundledFile(basename(this.wasm), this.wasm);
    const wasm = await WebAssembly.compile(Uint8Array.from(await readFile(path)));
    const factory = (await this.load()).default as DecoderFactory;
    return factory({
      noInitialRun: true,
      instantiateWasm(imports, done) {
        const instance = new WebAssembly.Instance(wasm, imports);
        done(instance);
        return instance.exports;
      },
      print: () => undefined,
      printErr: (text) => (this.#complaint ||= text),
    });
  }
}
