import type { Uri } from 'vscode';
import { t } from './l10n.ts';

/** The view type for files that are models by their name, as `contributes.customEditors` has it. */
export const viewType = 'rangefinder.model';
/**
 * The view type for `model.json`, which other programs call their files too, and for models of
 * other programs: VS Code opens neither in it by itself.
 */
export const layersModelType = 'rangefinder.layersModel';

/** How the files are called that are models whatever else is known. */
export const modelExtensions = ['onnx', 'h5', 'hdf5', 'keras'] as const;
/** Endings of models of other programs, which open here to say how they are exported. */
export const foreignExtensions = ['tflite', 'pt', 'pth', 'safetensors', 'gguf'] as const;
/** As a glob, which VS Code takes by its case on a disk that tells cases apart. */
const inAnyCase = (name: string): string =>
  name.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
/** Of a workspace: what they match, one for each ending. */
export const modelPatterns = modelExtensions.map((one) => `**/*.${inAnyCase(one)}`);
/** All of them as one. */
export const modelPattern = `**/*.{${modelExtensions.map(inAnyCase).join(',')}}`;
/** What TensorFlow.js calls its models, and others something else. */
export const layersModelPattern = '**/model.json';

/** The editor that opens a file. */
export const viewTypeOf = (uri: Uri): string =>
  /\.(json|pb)$/i.test(uri.path) || isForeignName(uri) ? layersModelType : viewType;

/** The kinds of files that an open dialog offers; a model may also be called otherwise. */
export const modelFilters: Record<string, string[]> = {
  [t('Models')]: [...modelExtensions, 'json'],
  ONNX: ['onnx'],
  Keras: ['h5', 'hdf5', 'keras'],
  'TensorFlow.js': ['json'],
  [t('Models of other programs (says how to export them)')]: [...foreignExtensions, 'pb'],
  [t('All files')]: ['*'],
};

/** True for the text of a TensorFlow.js layers model; a graph model is none. */
export const isLayersModel = (text: string): boolean =>
  text.includes('"modelTopology"') &&
  text.includes('"weightsManifest"') &&
  !/"format"\s*:\s*"graph-model"/.test(text);

/** True for the architecture of a Keras model by itself, which is checked as a text. */
export const isArchitecture = (text: string): boolean =>
  /^\uFEFF?\s*\{[^{}[\]]*"class_name"\s*:\s*"(?:Sequential|Functional|Model)"/.test(text);

/** True for a file that is called as models are. */
export const isModelName = ({ path }: Uri): boolean =>
  /\.(onnx|h5|hdf5|keras)$/i.test(path) || path.endsWith('/model.json');

/** True for a file that is called as models of other programs are, and nothing else. */
export const isForeignName = ({ path }: Uri): boolean =>
  foreignExtensions.some((extension) => path.toLowerCase().endsWith(`.${extension}`));

/** True for a file that opens wherever it is dropped or selected: samples are called otherwise. */
export const opensAsModel = (uri: Uri): boolean => isModelName(uri) || isForeignName(uri);

/** True for a file that is an ONNX model already. */
export const isOnnx = (uri: Uri): boolean => /\.onnx$/i.test(uri.path);

/** Where a model goes as ONNX when nobody says otherwise: beside it, under its name. */
export const onnxNameFor = (uri: Uri): Uri => besideModel(uri, '.onnx');

/** A file beside the model, under its name with another ending. */
export function besideModel(uri: Uri, ending: string): Uri {
  const stem = uri.path.replace(/\.[^./]*$/, '');
  return uri.with({ path: `${stem}${ending}` });
}
