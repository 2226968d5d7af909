/** Pixels of a picture for one of the screen. */
const wantedRatio = 2;
/** More pixels than this are more than a browser draws in one piece. */
const mostPixels = 32e6;
const longestSide = 16_000;

/**
 * The picture of an SVG in pixels, two for one of the screen or as many as a canvas can hold, as
 * base 64 of a PNG. Nothing where it would have to be made smaller than it is drawn.
 */
export async function toPng(svg: string): Promise<string | undefined> {
  const image = new Image();
  // Only data addresses are allowed by the content security policy of the page.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  try {
    await image.decode();
  } catch {
    return undefined;
  }
  const { naturalWidth: width, naturalHeight: height } = image;
  const ratio = ratioFor(width, height);
  if (ratio === undefined) return undefined;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const c = canvas.getContext('2d');
  if (!c) return undefined;
  c.drawImage(image, 0, 0, canvas.width, canvas.height);
  const [, base64] = canvas.toDataURL('image/png').split(',');
  return base64 === '' ? undefined : base64;
}

/** How many pixels for one; nothing where not even one fits. */
export function ratioFor(width: number, height: number): number | undefined {
  const ratio = Math.min(
    wantedRatio,
    Math.sqrt(mostPixels / (width * height)),
    longestSide / Math.max(width, height),
  );
  return ratio >= 1 ? ratio : undefined;
}
