import { basename } from 'node:path';
import { BadFile } from '../formats/badFile.ts';
import { FileSource } from '../formats/fileSource.ts';
import { WireReader } from '../formats/onnx/wireReader.ts';
import { maskedCrc32c } from './crc32c.ts';
import { BadData, BadSample, type DataIssue } from './samples.ts';

/** One record of a TFRecord file. */
export interface RecordPlace {
  readonly source: FileSource;
  readonly start: number;
  readonly end: number;
  /** For people: `train.tfrecord, record 12`. */
  readonly name: string;
}

/** A feature of a `tf.train.Example`: where its bytes are, or its numbers. */
export type Feature =
  | { readonly kind: 'bytes'; readonly parts: readonly { start: number; end: number }[] }
  | { readonly kind: 'floats' | 'integers'; readonly values: readonly number[] };

/**
 * The records of a file: 8 bytes of length and their checksum, the data, and its checksum
 * (TensorFlow, core/lib/io/record_writer.h). Lengths are checked here, data by `checkedBytes`. A
 * last record that is cut off is left out, with an issue. After `most` it stops.
 */
export function listRecords(path: string, issues: DataIssue[], most = Infinity): RecordPlace[] {
  const source = new FileSource(path);
  const name = basename(path);
  const places: RecordPlace[] = [];
  for (let at = 0; at < source.sizeBytes && places.length < most;) {
    const title = `${name}, record ${places.length}`;
    const head = at + 12 <= source.sizeBytes ? source.read(at, at + 12) : undefined;
    const view = head && new DataView(head.buffer, head.byteOffset);
    if (head && view && maskedCrc32c(head.subarray(0, 8)) !== view.getUint32(8, true)) {
      source.close();
      if (at === 0 && head[0] === 0x1f && head[1] === 0x8b) {
        const text = `${name} is a compressed TFRecord.`;
        throw new BadData('not-supported-yet', text, name, `Unpack it: gunzip ${name}.`);
      }
      const text = `${name} is damaged at byte ${at}: the length of record ${places.length} does not match its checksum.`;
      throw new BadData('bad-tfrecord', text, title, 'Copy the file again; it may be no TFRecord.');
    }
    const length = view ? Number(view.getBigUint64(0, true)) : 0;
    const end = at + 12 + length;
    if (!view || end + 4 > source.sizeBytes) {
      const message = `${name} is cut off: record ${places.length} and what came after it are left out.`;
      issues.push({ code: 'cut-off', severity: 'warning', message, where: title });
      break;
    }
    places.push({ source, start: at + 12, end, name: title });
    at = end + 4;
  }
  return places;
}

/** Checks the data of a record. Throws `BadSample`. */
export function checkRecord({ source, start, end, name }: RecordPlace): void {
  const bytes = source.read(start, end + 4);
  const stated = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end - start, true);
  if (maskedCrc32c(bytes.subarray(0, end - start)) === stated) return;
  throw new BadSample('bad-tfrecord', `${name} is damaged: its checksum does not match.`, name);
}

/** The features of a record, by name. Throws `BadSample` for what is no `tf.train.Example`. */
export function readExample({ source, start, end, name }: RecordPlace): Map<string, Feature> {
  const features = new Map<string, Feature>();
  try {
    for (const whole of fields(new WireReader(source, start, end, 'the example'), 1)) {
      for (const entry of fields(whole.message('the features'), 1)) {
        const [key, feature] = readEntry(entry.message('a feature'));
        if (feature) features.set(key, feature);
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof BadFile)) throw thrown;
    throw new BadSample('bad-tfrecord', `${name} is no tf.train.Example.`, name);
  }
  return features;
}

/** The fields of this number, one after the other. */
function* fields(reader: WireReader, field: number): Generator<WireReader> {
  while (reader.next()) if (reader.field === field) yield reader;
}

function readEntry(entry: WireReader): [key: string, feature: Feature | undefined] {
  let key = '';
  let feature: Feature | undefined;
  while (entry.next()) {
    if (entry.field === 1) key = entry.text;
    else if (entry.field === 2) feature = readFeature(entry.message('a feature'));
  }
  return [key, feature];
}

/** bytes_list = 1, float_list = 2, int64_list = 3 (feature.proto), each with `value = 1`. */
function readFeature(reader: WireReader): Feature | undefined {
  let feature: Feature | undefined;
  while (reader.next()) {
    const { field } = reader;
    const list = reader.message('a list');
    if (field === 1) {
      const parts: { start: number; end: number }[] = [];
      for (const { payload, end } of fields(list, 1)) parts.push({ start: payload, end });
      feature = { kind: 'bytes', parts };
    } else {
      const values: number[] = [];
      for (const value of fields(list, 1)) {
        if (field === 2) value.floats(values);
        else value.integers(values);
      }
      feature = { kind: field === 2 ? 'floats' : 'integers', values };
    }
  }
  return feature;
}
