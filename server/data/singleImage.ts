import { basename } from 'node:path';
import { decodeImage } from './images/decodeImage.ts';
import { readPicture } from './imageFolder.ts';
import { readLabels, unlikeLabels } from './labels.ts';
import type { PictureSource } from './pictureSamples.ts';

/** A picture as the only sample. */
export async function singleImage(path: string, labels?: string): Promise<PictureSource> {
  const name = basename(path);
  const given = labels === undefined ? undefined : await readLabels(labels);
  if (given && given.length !== 1) throw unlikeLabels(given.length, 1);
  return {
    count: 1,
    name,
    issues: [],
    ...(given ? { labels: given } : {}),
    nameOf: () => name,
    picture: async () => decodeImage(await readPicture(path)),
  };
}
