/** Which part of the graph is in sight: the point in the middle, and pixels for a pixel at 100 %. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const mostZoom = 3;
/** Room around the graph, in pixels of the screen. */
const margin = 16;

/** The zoom at which all of it is in sight; never more than 100 %. */
export const zoomToFit = (graph: Size, view: Size): number =>
  Math.min(
    1,
    (view.width - 2 * margin) / Math.max(1, graph.width),
    (view.height - 2 * margin) / Math.max(1, graph.height),
  );

/** The whole graph. */
export const whole = (graph: Size, view: Size): Camera => ({
  x: graph.width / 2,
  y: graph.height / 2,
  zoom: zoomToFit(graph, view),
});

/** Keeps the graph in sight: in the middle along an axis where all of it fits. */
export function settled({ x, y, zoom }: Camera, graph: Size, view: Size): Camera {
  const least = Math.min(zoomToFit(graph, view), 0.1);
  const z = Math.min(mostZoom, Math.max(least, zoom));
  const along = (at: number, size: number, seen: number): number => {
    const half = seen / 2 / z;
    const room = margin / z;
    if (size + 2 * room <= 2 * half) return size / 2;
    return Math.min(size + room - half, Math.max(half - room, at));
  };
  return { x: along(x, graph.width, view.width), y: along(y, graph.height, view.height), zoom: z };
}

/** Moves by pixels of the screen. */
export const panned = (camera: Camera, dx: number, dy: number): Camera => ({
  ...camera,
  x: camera.x + dx / camera.zoom,
  y: camera.y + dy / camera.zoom,
});

/** Zooms so that what is under a point of the screen stays there. */
export function zoomed(
  camera: Camera,
  factor: number,
  at: readonly [number, number],
  view: Size,
): Camera {
  const zoom = Math.min(mostZoom, camera.zoom * factor);
  const [dx, dy] = [at[0] - view.width / 2, at[1] - view.height / 2];
  return {
    x: camera.x + dx / camera.zoom - dx / zoom,
    y: camera.y + dy / camera.zoom - dy / zoom,
    zoom,
  };
}

/** The point of the graph under a point of the screen. */
export const toGraph = (camera: Camera, view: Size, x: number, y: number): [number, number] => [
  camera.x + (x - view.width / 2) / camera.zoom,
  camera.y + (y - view.height / 2) / camera.zoom,
];

/** The nearest camera that has a box in sight with some room around it. */
export function showing(
  camera: Camera,
  view: Size,
  box: { readonly x: number; readonly y: number },
): Camera {
  const along = (at: number, want: number, seen: number): number => {
    const reach = Math.max(0, seen / 2 / camera.zoom - 90);
    return Math.min(want + reach, Math.max(want - reach, at));
  };
  return {
    ...camera,
    x: along(camera.x, box.x, view.width),
    y: along(camera.y, box.y, view.height),
  };
}
