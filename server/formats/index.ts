import fs from 'node:fs';
import path from 'node:path';
import type { Job } from '../core/job.ts';
import { err, type Result } from '../core/result.ts';
import { attempt, notAFile, readFault } from './badFile.ts';
import type { Format, FormatFault, ModelDocument } from './format.ts';
import { kerasKinds, type KerasFormat } from './keras/kinds.ts';
import { openOnnx } from './onnx/document.ts';
import { encodeGraph } from './onnx/encode.ts';
import { onnxFormat } from './onnx/onnxFormat.ts';
import { formatStatistics, parseStatistics, STATISTICS_KEY } from './onnx/statistics.ts';
import { protobufKind, type ProtobufKind } from './protobufKind.ts';

const interchange = {
  encode: encodeGraph,
  open: openOnnx,
  statisticsKey: STATISTICS_KEY,
  formatStatistics,
  parseStatistics,
};

/** Their readers are loaded with the first file that one of them has to open. */
const kerasFormats = kerasKinds.map((kind): Format => ({
  ...kind,
  open: async (file, job) => {
    const { kerasOpener } = await import('./keras/kerasFormats.ts');
    return kerasOpener(interchange)(kind.id)(file, job);
  },
}));

/** Every format there is. To add one: write its folder, name it here. */
export const formats: readonly Format[] = [onnxFormat, ...kerasFormats];

const HEAD_BYTES = 64;
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/** A kind of model that cannot be opened. */
interface Other {
  readonly title: string;
  readonly names: RegExp;
  readonly head?: (bytes: Buffer) => boolean;
  /** How such a model comes here, where that is not told of every model. */
  readonly remedy?: string;
}

const savedModelRemedy =
  'Export it as ONNX (python -m tf2onnx.convert --saved-model FOLDER --output model.onnx), or save the Keras model as .keras or .h5, and open that file.';
const graphRemedy =
  'Export it as ONNX (python -m tf2onnx.convert --graphdef FILE --inputs x:0 --outputs y:0 --output model.onnx) and open that file.';

/** What a file may be besides: told by its name or its first bytes. */
const others: readonly Other[] = [
  {
    title: 'TensorFlow Lite model',
    names: /\.tflite$/,
    head: (bytes) => bytes.subarray(4, 8).toString('latin1') === 'TFL3',
    remedy:
      'Open the Keras model that it was made from, or convert it (python -m tf2onnx.convert --tflite FILE --output model.onnx) and open that file.',
  },
  {
    title: 'PyTorch model',
    names: /\.(pt|pth)$/,
    remedy: 'Export the model as ONNX (torch.onnx.export) and open that file.',
  },
  { title: 'safetensors model', names: /\.safetensors$/ },
  {
    title: 'GGUF model',
    names: /\.gguf$/,
    head: (bytes) => bytes.subarray(0, 4).toString('latin1') === 'GGUF',
  },
];

/** Of a `.pb` that is no ONNX model; where it is not known what it is, both kinds that are usual. */
function protobufFault(file: string, kind: Exclude<ProtobufKind, 'onnx'> | undefined): FormatFault {
  switch (kind) {
    case 'tensor':
      return {
        code: 'not-a-model',
        message: `${file} is a tensor, as ONNX keeps samples in, and no model.`,
        where: file,
        remedy: 'Open the model that it is for, and choose this file or its folder as samples.',
      };
    case 'savedModel':
      return notSupportedFault(file, { title: 'TensorFlow SavedModel', remedy: savedModelRemedy });
    case 'graph':
      return notSupportedFault(file, { title: 'frozen TensorFlow graph', remedy: graphRemedy });
    case undefined:
      return {
        ...notSupportedFault(file, { title: '' }),
        message: `${file} is no ONNX model; it may be a SavedModel or a frozen graph of TensorFlow. ${formatNames()} models can be opened.`,
      };
  }
}

/** Opens a model file of any format; chosen by its name, else by its first bytes. */
export async function openDocument(
  file: string,
  job: Job,
): Promise<Result<ModelDocument, FormatFault>> {
  const head = await attempt(
    () => Promise.resolve(readHead(file)),
    (error) => (error.code === 'EISDIR' ? folderFault(file) : readFault(error, file)),
  );
  if (!head.ok) return head;
  if (head.value.toString('latin1').startsWith(LFS_POINTER)) return err(pointerFault(file));
  const name = path.basename(file).toLowerCase();
  const other = others.find(({ names, head: isIt }) => isIt?.(head.value) ?? names.test(name));
  const named = others.find(({ names }) => names.test(name));
  const format = formats.find(({ patterns }) => patterns.some((one) => matches(name, one)));
  const byHead = containers.find(({ head: start }) =>
    head.value.toString('latin1').startsWith(start),
  );
  if (!other && !byHead && name.endsWith('.pb')) {
    const kind = protobufKind(file);
    if (kind !== 'onnx') return err(protobufFault(file, kind));
  }
  const found = other ?? (format || byHead ? undefined : named);
  if (found) return err(notSupportedFault(file, found));
  const contained = formats.find(({ id }) => id === byHead?.id);
  return (contained ?? format ?? onnxFormat).open(file, job);
}

/** Containers that are told by their first bytes, whatever the file is called. */
const containers: readonly { head: string; id: KerasFormat }[] = [
  { head: '\x89HDF\r\n\x1a\n', id: 'keras-h5' },
  { head: 'PK\x03\x04', id: 'keras' },
];

function readHead(file: string): Buffer {
  const handle = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.subarray(0, fs.readSync(handle, bytes, 0, HEAD_BYTES, 0));
  } finally {
    fs.closeSync(handle);
  }
}

const matches = (name: string, pattern: string): boolean => name.endsWith(pattern.slice(1));

const pointerFault = (file: string): FormatFault => ({
  code: 'git-lfs-pointer',
  message: `${file} is not the model itself but a pointer of Git LFS to it.`,
  where: file,
  remedy: 'Run "git lfs pull" in its repository, then open it again.',
});

const notSupportedFault = (
  file: string,
  { title, remedy }: Pick<Other, 'title' | 'remedy'>,
): FormatFault => ({
  code: 'not-supported-yet',
  message: `${file} is a ${title}; ${formatNames()} models can be opened.`,
  where: file,
  remedy: remedy ?? 'Export the model as ONNX and open that file.',
});

/** `ONNX (.onnx), Keras (.h5, .hdf5, .keras) and TensorFlow.js (.json)`. */
function formatNames(): string {
  const endings = new Map<string, string[]>();
  for (const { title, patterns } of formats) {
    const own = patterns.map((pattern) => pattern.slice(1));
    endings.set(title, [...(endings.get(title) ?? []), ...own]);
  }
  const names = [...endings].map(([title, own]) => `${title} (${own.join(', ')})`);
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** A folder where a model file is needed: says what it is, or which file in it was meant. */
function folderFault(folder: string): FormatFault {
  const files = fs.readdirSync(folder).sort();
  if (files.includes('saved_model.pb')) {
    return {
      code: 'not-supported-yet',
      message: `${folder} is the folder of a TensorFlow SavedModel; ${formatNames()} models can be opened.`,
      where: folder,
      remedy: savedModelRemedy,
    };
  }
  const isModel = (file: string): boolean =>
    file === 'model.json' || (/\.(onnx|h5|hdf5|keras)$/i.test(file) && !file.startsWith('.'));
  const models = files.filter(isModel);
  const some = models.slice(0, 3).map((file) => path.join(folder, file));
  return {
    ...notAFile(folder),
    message: `${folder} is a folder, not a model file.`,
    remedy:
      models.length === 0
        ? 'Choose the model file itself.'
        : `Choose a file in it: ${some.join(', ')}${models.length > 3 ? `, or one of ${models.length - 3} more` : ''}.`,
  };
}
