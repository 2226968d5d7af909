import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeImage, imageEndings, otherImageEndings } from './images/decodeImage.ts';
import { BadImage } from './images/picture.ts';
import { fileLabels, readClassNames } from './fileLabels.ts';
import type { PictureSource } from './pictureSamples.ts';
import { BadData, type DataIssue } from './samples.ts';

/** Files larger than this are no pictures for a network. */
const mostBytes = 256 * 2 ** 20;

/** The files and folders of a folder that are not hidden, in the order of their names. */
export async function listFolder(path: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = (await readdir(path, { withFileTypes: true }))
    .filter(({ name }) => !name.startsWith('.') && !/^(thumbs\.db|desktop\.ini)$/i.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    const isLink = entry.isSymbolicLink();
    const isFolder = isLink
      ? ((await stat(join(path, entry.name)).catch(() => undefined))?.isDirectory() ?? false)
      : entry.isDirectory();
    (isFolder ? folders : files).push(entry.name);
  }
  return { files, folders };
}

/**
 * The pictures of a folder: all in it, or one sub-folder a class, whose sorted names are numbered
 * from 0 as Keras and torchvision do; a list of names given as labels fixes another order. Labels
 * may also come from a CSV of file names and labels (`labels`, or `labels.csv` in the folder).
 */
export async function imageFolder(path: string, labels?: string): Promise<PictureSource> {
  const name = basename(path);
  const { files, folders } = await listFolder(path);
  const pictures = files.filter((file) => imageEndings.test(file));
  if (folders.length === 0) return flatFolder(path, files, pictures, labels);
  if (pictures.length > 0) {
    const text = `${name} has ${pictures.length} pictures beside ${folders.length} sub-folders: it is not clear which are the samples.`;
    throw new BadData('mixed-folder', text, name, 'Keep pictures in sub-folders only, or in none.');
  }
  return classFolders(path, folders, labels);
}

async function flatFolder(
  path: string,
  files: readonly string[],
  pictures: readonly string[],
  labels: string | undefined,
): Promise<PictureSource> {
  const name = basename(path);
  if (pictures.length === 0) throw noPictures(name, files);
  const issues: DataIssue[] = [];
  const beside = files.find((file) => /^labels\.csv$/i.test(file));
  const others = files.filter((file) => !imageEndings.test(file) && file !== beside);
  if (others.length > 0) issues.push(otherFiles(others));
  const from = labels ?? (beside === undefined ? undefined : join(path, beside));
  if (from === undefined) return sourceOf(path, pictures, { issues });
  const found = await fileLabels(from, pictures, issues);
  return sourceOf(path, found.files, { issues, labels: found.labels, classes: found.classes });
}

async function classFolders(
  path: string,
  folders: readonly string[],
  labels: string | undefined,
): Promise<PictureSource> {
  const name = basename(path);
  const issues: DataIssue[] = [];
  const files: string[] = [];
  const folderOf: string[] = [];
  const others: string[] = [];
  for (const folder of folders) {
    const inside = await listFolder(join(path, folder));
    const [deeper] = inside.folders;
    if (deeper !== undefined) {
      const text = `${name}/${folder} has a folder in it ("${deeper}"): classes are the folders of ${name}, with pictures right in them.`;
      throw new BadData(
        'nested-folders',
        text,
        `${folder}/${deeper}`,
        `Give the folder that has one sub-folder a class.`,
      );
    }
    const pictures = inside.files.filter((file) => imageEndings.test(file));
    others.push(...inside.files.filter((file) => !imageEndings.test(file)));
    for (const file of pictures) {
      files.push(`${folder}/${file}`);
      folderOf.push(folder);
    }
    if (pictures.length > 0) continue;
    const message = `The class "${folder}" has no pictures.`;
    issues.push({ code: 'empty-class', severity: 'warning', message, where: folder });
  }
  if (files.length === 0) throw noPictures(name, others);
  if (others.length > 0) issues.push(otherFiles(others));
  const classes = labels === undefined ? folders : await readClassNames(labels);
  if (!classes && labels !== undefined) {
    const found = await fileLabels(labels, files, issues);
    return sourceOf(path, found.files, { issues, labels: found.labels, classes: found.classes });
  }
  const numbers = new Map((classes ?? folders).map((each, index) => [each, index]));
  const stranger = folders.find((folder) => !numbers.has(folder));
  if (stranger !== undefined) {
    const text = `The class "${stranger}" is not in ${basename(labels ?? '')}.`;
    throw new BadData('wrong-labels', text, stranger, 'Name every sub-folder there, one a line.');
  }
  const found = Int32Array.from(folderOf, (folder) => numbers.get(folder) ?? 0);
  return sourceOf(path, files, { issues, labels: found, classes: classes ?? folders });
}

function sourceOf(
  path: string,
  files: readonly string[],
  about: {
    readonly issues: readonly DataIssue[];
    readonly labels?: Int32Array;
    readonly classes?: readonly string[] | undefined;
  },
): PictureSource {
  const { issues, labels, classes } = about;
  return {
    count: files.length,
    name: basename(path),
    issues,
    ...(labels ? { labels } : {}),
    ...(classes ? { classes } : {}),
    nameOf: (index) => files[index] ?? `#${index}`,
    async picture(index) {
      return decodeImage(await readPicture(join(path, files[index] ?? '')));
    },
  };
}

/** The bytes of a picture file; what the system refuses is the fault of that picture alone. */
export async function readPicture(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw new BadImage(`has ${size} bytes, more than the ${mostBytes} read`);
    return await readFile(path);
  } catch (thrown) {
    if (thrown instanceof BadImage) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    throw new BadImage(`cannot be read (${code})`);
  }
}

function noPictures(name: string, files: readonly string[]): BadData {
  const remedy = 'Give a folder of JPEG, PNG, BMP or WebP, with one sub-folder a class or none.';
  const strange = files.find((file) => otherImageEndings.test(file));
  const has = files.length === 0 ? 'is empty' : `has no pictures, but ${files.length} other files`;
  const text =
    strange === undefined
      ? `${name} ${has}.`
      : `${name} has no pictures of a kind that is read: ${strange} is none.`;
  return new BadData('no-data', text, name, remedy);
}

const otherFiles = (files: readonly string[]): DataIssue => ({
  code: 'other-files',
  severity: 'info',
  message: `${files.length} files that are no pictures were passed over, such as ${files[0] ?? ''}.`,
});
