import { readFile } from 'node:fs/promises';
import { bundledFile } from '../bundledFile.ts';

/** Pixels for one of the SVG, as the editor saves its charts. */
const ratio = 2;

/** The typeface that charts name first, in the weights that they use. */
const family = 'Inter';
const faces = ['Inter-Regular.woff2', 'Inter-SemiBold.woff2'];

/** Letters that the typeface has not: those of other scripts, and pictures. */
const foreign =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Inherited}\p{Script=Common}]|\p{Emoji_Presentation}/u;

/** A letter of a chart for which a box would stand in its pixels; undefined: there is none. */
export const foreignLetter = (svg: string): string | undefined =>
  foreign.exec(svg.replace(/<desc>[^<]*<\/desc\s*>/, ''))?.[0];

/** Draws an SVG; the PNG. */
type Draw = (svg: string) => Uint8Array;

/** The part of WebAssembly that is used; the libraries for Node do not declare it. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

let loaded: Promise<Draw> | undefined;

/** What draws SVG as PNG; the library and the typeface are loaded by the first who asks. */
export const chartPixels = (): Promise<Draw> => (loaded ??= load());

async function load(): Promise<Draw> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  const wasm = bundledFile('resvg.wasm', '@resvg/resvg-wasm/index_bg.wasm');
  await initWasm(await WebAssembly.compile(await bytesOf(wasm)));
  const fontBuffers = await Promise.all(
    faces.map((face) => bytesOf(bundledFile(face, `inter-ui/web/${face}`))),
  );
  const font = { fontBuffers, defaultFontFamily: family, sansSerifFamily: family };
  return (svg) => {
    const drawing = new Resvg(svg, { fitTo: { mode: 'zoom', value: ratio }, font });
    const picture = drawing.render();
    try {
      return picture.asPng();
    } finally {
      picture.free();
      drawing.free();
    }
  };
}

const bytesOf = async (path: string): Promise<Uint8Array> => Uint8Array.from(await readFile(path));
