import { basename } from 'node:path';
import { decodeImage } from './images/decodeImage.ts';
import { readPicture } from './imageFolder.ts';
import { readLabels } from './labels.ts';
import type { PictureSource } from './pictureSamples.ts';
import { BadData } from './samples.ts';

/** A picture as the only sample. */
export async function singleImage(path: string, labels?: string): Promise<PictureSource> {
  const name = basename(path);
  const given = labels === undefined ? undefined : await readLabels(labels);
  if (given && given.length !== 1) {
    throw new BadData('wrong-labels', `There are ${given.length} labels and 1 sample.`, 'labels');
  }
  return {
    count: 1,
    name,
    issues: [],
    ...(given ? { labels: given } : {}),
    nameOf: () => name,
    picture: async () => decodeImage(await readPicture(path)),
  };
}
