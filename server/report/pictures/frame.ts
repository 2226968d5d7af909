import { html, type Markup } from '../markup.ts';
import { ink, letterPx, linesOf, plain, widthOf, words } from './marks.ts';
import { px } from './scale.ts';

/** One chart that stands alone, before it is framed. */
export interface Picture {
  /** Of its file, without ending: `weight-ranges`. */
  readonly name: string;
  readonly title: string;
  /** What is shown, in sentences; one paragraph each. */
  readonly notes: readonly string[];
  readonly legend: readonly LegendEntry[];
  readonly body: Body;
}

/** What is drawn, from (0, 0) on, and the figures in it for who does not see it. */
export interface Body {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Markup[];
  readonly spoken: string;
}

/** What a mark stands for. */
export interface LegendEntry {
  /** Drawn in a box that is 12 pixels high. */
  readonly sample: readonly Markup[];
  readonly width: number;
  readonly words: string;
}

const margin = 16;
const leastWidth = 460;
const titlePx = 14;
const footPx = 10;
const linePx = 16;

/** Fonts for who opens the picture; pixels are drawn with the first. */
const fonts = "Inter, system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/** A picture as a file of its own: colours written out, on white, titled, with a line under it. */
export function framed({ title, notes, legend, body }: Picture, foot: string): string {
  const width = Math.max(leastWidth, body.width);
  const head = new Lines(width);
  head.add(title, { size: titlePx, isBold: true });
  for (const note of notes) head.add(note, { fill: ink.dim });
  const keys = legendOf(legend, width, head.height + 6);
  const top = head.height + (legend.length > 0 ? 6 + keys.height : 0) + 10;
  const below = new Lines(width, top + body.height + 12);
  below.add(foot, { size: footPx, fill: ink.dim });
  const [wide, high] = [px(width + 2 * margin), px(below.height + 2 * margin)];
  const box = `${-margin} ${-margin} ${wide} ${high}`;
  const said = [...notes, body.spoken, foot].filter(Boolean).join(' ');
  const svg = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${wide}"
    height="${high}"
    viewBox="${box}"
    role="img"
    font-family="${fonts}"
  >
    <title>${plain(title)}</title>
    <desc>${plain(said)}</desc>
    <rect x="${-margin}" y="${-margin}" width="${wide}" height="${high}" fill="${ink.ground}" />
    ${head.marks} ${keys.marks}
    <g transform="translate(0 ${px(top)})">${body.marks}</g>
    ${below.marks}
  </svg> `;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.text.replace(/\s*\n\s*/g, ' ').trim()}\n`;
}

/** Lines of text under each other, broken where they are too wide. */
class Lines {
  readonly marks: Markup[] = [];

  constructor(
    private readonly width: number,
    public height = 0,
  ) {}

  add(text: string, how: NonNullable<Parameters<typeof words>[3]>): void {
    const size = how.size ?? letterPx;
    for (const one of linesOf(text, this.width, size)) {
      this.height += size + 5;
      this.marks.push(words(0, this.height - 4, one, how));
    }
  }
}

/** The legend in as many lines as it takes. */
function legendOf(
  entries: readonly LegendEntry[],
  width: number,
  top: number,
): { readonly marks: Markup[]; readonly height: number } {
  let [x, y] = [0, 0];
  const marks = entries.map(({ sample, words: text, width: sampleWidth }) => {
    const needed = sampleWidth + 6 + widthOf(text) + 14;
    if (x > 0 && x + needed > width) [x, y] = [0, y + linePx];
    const [at, down] = [x, top + y];
    x += needed;
    return html`<g transform="translate(${px(at)} ${px(down)})"
      >${sample}${words(sampleWidth + 6, 10, text)}</g
    >`;
  });
  return { marks, height: y + linePx };
}
