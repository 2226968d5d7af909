import type { Camera, Size } from './graphCamera.ts';
import { paintOverview, type Picture } from './graphPaint.ts';
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
    const { layout, boxes, chosen } = picture;
    const key = [layout, boxes, chosen, width, height, ratio, tokens];
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
