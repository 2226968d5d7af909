import {
  panned,
  settled,
  showing,
  toGraph,
  whole,
  zoomed,
  type Camera,
  type Size,
} from './graphCamera.ts';
import { Overview } from './graphOverview.ts';
import { forgetCuts, paintGraph, type Picture } from './graphPaint.ts';
import type { Direction } from './graphModel.ts';
import { readTokens, watchTheme, type GraphTokens } from './graphTokens.ts';

/** What the frame tells of what the user does. */
export interface Surface {
  readonly picture: Picture;
  onChoose(at: number): void;
  onStep(direction: Direction): void;
  /** Enter, or two clicks. */
  onOpen(): void;
}

const arrows: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};
/** A press that moves less is a click. */
const clickPx = 4;

/** What outlives a drawing of the graph: its canvas, what is in sight, and how it is moved. */
export class GraphFrame {
  camera: Camera = { x: 0, y: 0, zoom: 1 };
  readonly overview = new Overview((x, y) => this.#lookAt({ ...this.camera, x, y }));
  #surface: Surface | undefined;
  #element: HTMLCanvasElement | undefined;
  #view: Size = { width: 0, height: 0 };
  #tokens: GraphTokens | undefined;
  #isWaiting = false;
  /** The user has moved the picture: it is not moved for him any more. */
  #isTouched = false;
  #isPlaced = false;
  #drag:
    | { readonly x: number; readonly y: number; readonly camera: Camera; hasMoved: boolean }
    | undefined;
  #stopTheme: (() => void) | undefined;
  readonly #watch = new ResizeObserver(() => this.#measure());

  /** What is drawn now. */
  get picture(): Picture | undefined {
    return this.#surface?.picture;
  }

  /** Takes another picture; the chosen box stays where it is on the screen. */
  use(surface: Surface): void {
    const before = this.#surface?.picture;
    this.#surface = surface;
    const { layout, chosen } = surface.picture;
    if (!before) this.#isPlaced = false;
    else if (before.layout !== layout) this.#carryOver(before, surface.picture);
    else if (!this.#isTouched && before.chosen !== chosen) this.#isPlaced = false;
    this.paint();
  }

  /** Forgets the picture: the next one begins anew. */
  forget(): void {
    this.#surface = undefined;
    this.#isTouched = false;
    this.#isPlaced = false;
  }

  /** Has the chosen box in the middle when the graph is drawn next. */
  centreNext(): void {
    this.#isPlaced = false;
  }

  /** Moves no more than is needed to have a box in sight. */
  reveal(at: number): void {
    const box = this.#surface?.picture.layout.boxes[at];
    if (box) this.#lookAt(showing(this.camera, this.#view, box));
  }

  /** The whole graph. */
  showAll(): void {
    const layout = this.#surface?.picture.layout;
    if (layout) this.#lookAt(whole(layout, this.#view));
  }

  zoomBy(factor: number, at?: readonly [number, number]): void {
    const middle = [this.#view.width / 2, this.#view.height / 2] as const;
    this.#lookAt(zoomed(this.camera, factor, at ?? middle, this.#view));
  }

  focus(): void {
    this.#element?.focus({ preventScroll: true });
  }

  readonly attach = (element?: Element): void => {
    if (this.#element) this.#watch.disconnect();
    this.#stopTheme?.();
    this.#element = element instanceof HTMLCanvasElement ? element : undefined;
    const canvas = this.#element;
    if (!canvas) return;
    this.#tokens = undefined;
    this.#stopTheme = watchTheme(() => {
      this.#tokens = undefined;
      forgetCuts();
      this.paint();
    });
    canvas.addEventListener('wheel', this.#onWheel, { passive: false });
    this.#view = { width: 0, height: 0 };
    queueMicrotask(() => {
      if (canvas.parentElement) this.#watch.observe(canvas.parentElement);
      this.#measure();
    });
  };

  readonly onKey = (event: KeyboardEvent): void => {
    const { key } = event;
    const surface = this.#surface;
    if (!surface || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = arrows[key];
    const page = this.#view.height * 0.8;
    if (direction) surface.onStep(direction);
    else if (key === 'Enter') surface.onOpen();
    else if (key === 'Home') this.showAll();
    else if (key === 'End' || key === '0') this.#showChosen();
    else if (key === '+' || key === '=') this.zoomBy(1.25);
    else if (key === '-') this.zoomBy(0.8);
    else if (key === 'PageDown') this.#lookAt(panned(this.camera, 0, page));
    else if (key === 'PageUp') this.#lookAt(panned(this.camera, 0, -page));
    else return;
    event.preventDefault();
  };

  readonly onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.#element?.setPointerCapture(event.pointerId);
    this.#drag = { x: event.clientX, y: event.clientY, camera: this.camera, hasMoved: false };
  };

  readonly onPointerMove = (event: PointerEvent): void => {
    const drag = this.#drag;
    if (!drag) {
      if (this.#element)
        this.#element.style.cursor = this.#boxAt(event) === -1 ? 'grab' : 'pointer';
      return;
    }
    const [dx, dy] = [drag.x - event.clientX, drag.y - event.clientY];
    if (Math.hypot(dx, dy) > clickPx) drag.hasMoved = true;
    if (drag.hasMoved) this.#lookAt(panned(drag.camera, dx, dy));
  };

  readonly onPointerUp = (event: PointerEvent): void => {
    const wasClick = this.#drag && !this.#drag.hasMoved;
    this.#drag = undefined;
    const at = wasClick ? this.#boxAt(event) : -1;
    if (at !== -1) {
      this.#isTouched = true;
      this.#surface?.onChoose(at);
    }
  };

  readonly onDoubleClick = (event: MouseEvent): void => {
    if (this.#boxAt(event) !== -1) this.#surface?.onOpen();
  };

  /** Paints with the next frame. */
  paint(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#paintNow();
    });
  }

  readonly #onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 18 : 1;
    const [dx, dy] = [event.deltaX * lines, event.deltaY * lines];
    if (event.ctrlKey || event.metaKey) {
      this.zoomBy(Math.exp(-Math.max(-60, Math.min(60, dy)) * 0.005), [
        event.offsetX,
        event.offsetY,
      ]);
    } else if (event.shiftKey && dx === 0) this.#lookAt(panned(this.camera, dy, 0));
    else this.#lookAt(panned(this.camera, dx, dy));
  };

  #showChosen(): void {
    const { layout, chosen } = this.#surface?.picture ?? {};
    const box = layout?.boxes[chosen ?? 0];
    if (box) this.#lookAt({ x: box.x, y: box.y, zoom: 1 });
  }

  #lookAt(camera: Camera): void {
    const layout = this.#surface?.picture.layout;
    if (!layout) return;
    this.#isTouched = true;
    this.camera = settled(camera, layout, this.#view);
    this.paint();
  }

  #carryOver(before: Picture, now: Picture): void {
    const held = before.chosen === undefined ? undefined : before.layout.boxes[before.chosen];
    const again = held && now.layout.boxes.find(({ id }) => id === held.id);
    if (!this.#isTouched || !again) {
      this.#isPlaced = false;
      return;
    }
    const { x, y, zoom } = this.camera;
    const moved = { x: x + again.x - held.x, y: y + again.y - held.y, zoom };
    this.camera = settled(moved, now.layout, this.#view);
  }

  /** Paints another size at once: in the frame that has it, not in the one after. */
  #measure(): void {
    const box = this.#element?.parentElement;
    const view = { width: box?.clientWidth ?? 0, height: box?.clientHeight ?? 0 };
    if (view.width === this.#view.width && view.height === this.#view.height) return;
    this.#view = view;
    this.#paintNow();
  }

  #paintNow(): void {
    const [canvas, surface, view] = [this.#element, this.#surface, this.#view];
    const c = canvas?.getContext('2d');
    if (!canvas || !surface || !c || view.width === 0 || view.height === 0) return;
    const { layout, chosen } = surface.picture;
    const tokens = (this.#tokens ??= readTokens(canvas));
    if (!this.#isPlaced) {
      this.#isPlaced = true;
      const { x, y } = layout.boxes[chosen ?? 0] ?? { x: 0, y: 0 };
      this.camera = { x, y, zoom: 1 };
    }
    this.camera = settled(this.camera, layout, view);
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      canvas.style.width = `${view.width}px`;
      canvas.style.height = `${view.height}px`;
    }
    paintGraph(c, surface.picture, this.camera, view, ratio, tokens);
    this.overview.paint(surface.picture, this.camera, view, tokens);
  }

  /** Position of the box under the pointer; −1: none. */
  #boxAt(event: MouseEvent): number {
    const layout = this.#surface?.picture.layout;
    if (!layout) return -1;
    const [x, y] = toGraph(this.camera, this.#view, event.offsetX, event.offsetY);
    const { boxes, boxWidth, boxHeight } = layout;
    return boxes.findIndex(
      (box) => Math.abs(box.x - x) <= boxWidth / 2 && Math.abs(box.y - y) <= boxHeight / 2,
    );
  }
}
