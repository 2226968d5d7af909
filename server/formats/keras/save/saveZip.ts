import fs, { createReadStream } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ZipFile } from 'yazl';
import { PendingFile } from '../../atomicFile.ts';
import { objectOf } from '../config/fields.ts';
import { cloneJson, formatJson, parseJson } from '../config/json.ts';
import type { KerasModel } from '../config/model.ts';
import type { Hdf5File } from '../containers/hdf5.ts';
import { OpenZip } from '../containers/zipFile.ts';
import type { KerasChanges } from '../source.ts';
import { overwriteVariables, rebuildVariables } from './saveVariables.ts';

/** A `.keras` file to be saved: its weights are unpacked. */
export interface ZipPlace {
  readonly path: string;
  readonly weights: Hdf5File;
  readonly texts: { readonly config: string; readonly metadata: string };
  readonly names: { readonly config: string; readonly metadata: string; readonly weights: string };
  readonly model: KerasModel;
}

/** Writes the zip anew, each entry packed as it was; without changes, copies it. */
export async function saveZip(
  place: ZipPlace,
  target: string,
  changes: KerasChanges | undefined,
): Promise<string[]> {
  const real = fs.existsSync(target) ? fs.realpathSync(target) : target;
  const pending = await PendingFile.create(real);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rangefinder-keras-'));
  const notes: string[] = [];
  try {
    if (!changes) {
      for await (const part of createReadStream(place.path)) await pending.write(part as Buffer);
    } else await writeZip(place, folder, changes, pending, notes);
    await pending.finish();
    await pending.commit();
    return notes;
  } finally {
    await pending.discard();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function writeZip(
  { path: file, weights, texts, names, model }: ZipPlace,
  folder: string,
  changes: KerasChanges,
  pending: PendingFile,
  notes: string[],
): Promise<void> {
  const hdf5 = path.join(folder, names.weights);
  if (changes.architecture) await rebuildVariables(weights, hdf5, model, changes, notes);
  else {
    fs.copyFileSync(weights.path, hdf5);
    await overwriteVariables(hdf5, file, model, changes, notes);
  }
  const metadata = cloneJson(objectOf(parseJson(texts.metadata, names.metadata)));
  for (const [name, value] of changes.metadata) metadata[name] = value;
  const zip = await OpenZip.open(file);
  try {
    const out = new ZipFile();
    for (const entry of zip.entries) {
      const { fileName: name, compressionMethod } = entry;
      const options = { mtime: entry.getLastModDate(), compress: compressionMethod !== 0 };
      const isText = name === names.config || name === names.metadata;
      if (name.endsWith('/')) out.addEmptyDirectory(name, { mtime: options.mtime });
      else if (name === names.weights) out.addFile(hdf5, name, options);
      else if (isText) {
        const value = name === names.metadata ? metadata : changes.architecture;
        const style = name === names.metadata ? texts.metadata : texts.config;
        const text = value ? formatJson(value, style) : style;
        out.addBuffer(Buffer.from(text), name, options);
      } else out.addReadStream(await zip.stream(entry), name, options);
    }
    out.end();
    for await (const part of out.outputStream) await pending.write(part as Buffer);
  } finally {
    zip.close();
  }
}
