import type { GraphLayout } from '../../../../server/protocol/graph.ts';
import type { Camera, Size } from './graphCamera.ts';
import { paintSmall, type Picture } from './graphPaint.ts';
import type { GraphTokens } from './graphTokens.ts';

/** Room around the small picture. */
const margin = 8;

/** The whole graph, small, with what is in sight; a press or drag goes there. */
export class Overview {
  #element: HTMLCanvasElement | undefined;
  /** The graph as it was drawn last; only what is in sight changes from frame to frame. */
  #drawn: { readonly key: readonly unknown[]; readonly image: HTMLCanvasElement } | undefined;
  #place = { zoom: 1, left: 0, top: 0 };

  constructor(private readonly lookAt: (x: number, y: number) => void) {}

  readonly attach = (element?: Element): void => {
    this.#element = element instanceof HTMLCanvasElement ? element : undefined;
    this.#drawn = undefined;
  };

  readonly onPointer = (event: PointerEvent): void => {
    if (event.buttons !== 1) return;
    const { zoom, left, top } = this.#place;
    if (event.type === 'pointerdown') this.#element?.setPointerCapture(event.pointerId);
    this.lookAt((event.offsetX - left) / zoom, (event.offsetY - top) / zoom);
  };

  paint(picture: Picture, camera: Camera, view: Size, tokens: GraphTokens): void {
    const canvas = this.#element;
    const box = canvas?.parentElement;
    const c = canvas?.getContext('2d');
    if (!canvas || !box || !c || box.clientWidth === 0) return;
    const ratio = devicePixelRatio;
    const [width, height] = [box.clientWidth, box.clientHeight];
    const image = this.#image(picture, { width, height }, ratio, tokens);
    if (canvas.width !== image.width || canvas.height !== image.height) {
      Object.assign(canvas, { width: image.width, height: image.height });
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, image.width, image.height);
    c.drawImage(image, 0, 0);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { zoom, left, top } = this.#place;
    const [w, h] = [(view.width / camera.zoom) * zoom, (view.height / camera.zoom) * zoom];
    const x = Math.max(1, left + camera.x * zoom - w / 2);
    const y = Math.max(1, top + camera.y * zoom - h / 2);
    const chosen = picture.layout.boxes[picture.chosen ?? -1];
    c.fillStyle = tokens.focus;
    if (chosen) {
      const [cw, ch] = smallSize(picture.layout, zoom);
      const [cx, cy] = [left + (chosen.x - cw / 2) * zoom, top + (chosen.y - ch / 2) * zoom];
      c.fillRect(cx, cy, cw * zoom, Math.max(2, ch * zoom));
    }
    c.strokeStyle = tokens.focus;
    c.lineWidth = 1.5;
    c.strokeRect(x, y, Math.min(w, width - 1 - x), Math.max(3, Math.min(h, height - 1 - y)));
  }

  #image(
    picture: Picture,
    { width, height }: Size,
    ratio: number,
    tokens: GraphTokens,
  ): HTMLCanvasElement {
    const { layout, boxes } = picture;
    const key = [layout, boxes, width, height, ratio, tokens];
    if (this.#drawn?.key.every((part, i) => part === key[i])) return this.#drawn.image;
    const zoom = Math.min(
      (width - 2 * margin) / Math.max(1, layout.width),
      (height - 2 * margin) / Math.max(1, layout.height),
      0.5,
    );
    this.#place = { zoom, left: (width - zoom * layout.width) / 2, top: margin };
    const image = document.createElement('canvas');
    Object.assign(image, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const c = image.getContext('2d');
    const { left, top } = this.#place;
    c?.setTransform(ratio * zoom, 0, 0, ratio * zoom, left * ratio, top * ratio);
    if (c) paintOverview(c, picture, zoom, tokens);
    this.#drawn = { key, image };
    return image;
  }
}

/** Nothing is less than a pixel high or two wide, so that a long graph stays in sight. */
const smallSize = ({ boxWidth, boxHeight }: GraphLayout, zoom: number): [number, number] => [
  Math.max(boxWidth, 2 / zoom),
  Math.max(boxHeight, 1 / zoom),
];

function paintOverview(
  c: CanvasRenderingContext2D,
  { layout, boxes }: Picture,
  zoom: number,
  tokens: GraphTokens,
): void {
  c.strokeStyle = tokens.dim;
  c.globalAlpha = 0.5;
  c.lineWidth = 0.5 / zoom;
  c.beginPath();
  for (const { points } of layout.edges) {
    // Between neighbours it would be shorter than what is drawn of the boxes.
    if (points.length === 4 && Math.abs((points[3] ?? 0) - (points[1] ?? 0)) * zoom < 1.5) continue;
    c.moveTo(points[0] ?? 0, points[1] ?? 0);
    for (let i = 2; i < points.length; i += 2) c.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
  }
  c.stroke();
  c.globalAlpha = 1;
  const [w, h] = smallSize(layout, zoom);
  for (const drawn of boxes) {
    paintSmall(c, drawn, drawn.box.x - w / 2, drawn.box.y - h / 2, w, h, tokens);
  }
}
