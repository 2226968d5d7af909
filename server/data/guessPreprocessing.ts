import {
  displayName,
  isStandard,
  type Dimension,
  type Graph,
  type Node,
  type ValueInfo,
} from '../core/graph/graph.ts';
import type { ElementType } from '../core/graph/tensor.ts';
import type { ModelInfo } from '../formats/format.ts';
import { defaultPreprocessing, type Preprocessing } from './preprocessing.ts';

/** A guess, and the sentence that names it as one. */
export interface GuessedPreprocessing {
  readonly preprocessing: Preprocessing;
  readonly why: string;
}

type Values = Pick<Preprocessing, 'scale' | 'mean' | 'std' | 'colour'> & { readonly why: string };

const unit = 1 / 255;
/** Mean and deviation of the ImageNet training set, as torchvision.transforms has them. */
const torchvision = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** keras.applications.imagenet_utils, mode `caffe`: BGR means. */
const caffeMean = [103.939, 116.779, 123.68];

/**
 * How pictures are likely to be made into inputs of this model: size, layout and channels from the
 * input's shape, values from its first layers, its type, its producer and the names of its layers.
 * Undefined where the only input (or the first of several) is no picture.
 */
export function guessPreprocessing(
  graph: Graph,
  info: Pick<ModelInfo, 'format' | 'producer'>,
): GuessedPreprocessing | undefined {
  const input = graph.inputs.find((one) => pictureShape(one) !== undefined);
  const shape = input && pictureShape(input);
  if (!input || !shape) return undefined;
  const { layout, height, width, channels } = shape;
  const { why, ...values } = guessValues(graph, info, input, channels);
  const size: Pick<Preprocessing, 'size'> =
    typeof height === 'number' && typeof width === 'number' ? { size: [height, width] } : {};
  const isGrey = channels === 1;
  return {
    preprocessing: {
      ...defaultPreprocessing,
      ...size,
      resize: 'crop',
      layout,
      ...values,
      colour: isGrey ? 'grey' : values.colour,
    },
    why,
  };
}

/** Where an input of rank 4 (or 3, without a batch axis) has its channels; they are 1 or 3. */
export function pictureShape({ shape }: Pick<ValueInfo, 'shape'>):
  | {
      readonly layout: Preprocessing['layout'];
      readonly channels: number | undefined;
      readonly height: Dimension;
      readonly width: Dimension;
      readonly hasBatchAxis: boolean;
    }
  | undefined {
  if (!shape || shape.length < 3 || shape.length > 4) return undefined;
  const hasBatchAxis = shape.length === 4;
  const [a, b, c] = shape
    .slice(hasBatchAxis ? 1 : 0)
    .map((size) => (size === -1 ? undefined : size));
  const isColours = (size: Dimension): boolean => size === 1 || size === 3;
  if (isColours(c) && !(isColours(a) && !isColours(b))) {
    return { layout: 'NHWC', channels: Number(c), height: a, width: b, hasBatchAxis };
  }
  if (isColours(a)) {
    return { layout: 'NCHW', channels: Number(a), height: b, width: c, hasBatchAxis };
  }
  // Open channels: the ONNX order, unless one is a number of channels that pictures do not have.
  if (typeof a === 'number' || (typeof c === 'number' && typeof b !== 'number')) return undefined;
  return { layout: 'NCHW', channels: undefined, height: b, width: c, hasBatchAxis };
}

const isWhole = (type: ElementType): boolean => /^u?int(8|16|32|64)$/.test(type);

function guessValues(
  graph: Graph,
  { format, producer }: Pick<ModelInfo, 'format' | 'producer'>,
  input: ValueInfo,
  channels: number | undefined,
): Values {
  const raw = { scale: 1, mean: 0, std: 1, colour: 'RGB' } as const;
  const zeroToOne = { ...raw, scale: unit };
  const minusOneToOne = { ...raw, scale: 1 / 127.5, mean: 1 };
  if (isWhole(input.type)) {
    return {
      ...raw,
      why: `pixels from 0 to 255, because the input "${input.name}" is ${input.type}`,
    };
  }
  const scaling = firstScaling(graph, input);
  if (scaling) {
    const why = `pixels from 0 to 255, because the model scales its input itself (${displayName(scaling)})`;
    return { ...raw, why };
  }
  const text = [
    graph.name,
    ...graph.nodes.slice(0, 40).map((node) => `${node.name} ${node.outputs[0] ?? ''}`),
  ]
    .join(' ')
    .toLowerCase();
  const isKeras = /keras|tensorflow|tf2onnx|tfjs/i.test(`${format} ${producer}`);
  const isTorch = /torch/i.test(producer);
  if (channels === 1)
    return { ...zeroToOne, why: 'pixels from 0 to 1, as most models of grey pictures take them' };
  if (isKeras) {
    if (
      /expanded_conv|conv_dw_1|conv1_relu|mobilenet|xception|block1_sepconv|inception|nasnet|resnet.*v2/.test(
        text,
      )
    ) {
      const why =
        'pixels from −1 to 1, because its layers are named as those of Keras MobileNet, Xception or Inception';
      return { ...minusOneToOne, why };
    }
    if (/conv2_block1|block1_conv1|vgg|resnet50|resnet101/.test(text)) {
      const why =
        'BGR with the ImageNet means taken off, because its layers are named as those of Keras ResNet or VGG';
      return { ...raw, colour: 'BGR', mean: caffeMean, why };
    }
    return { ...zeroToOne, why: 'pixels from 0 to 1, as most Keras models take them' };
  }
  if (isTorch) {
    const why = `mean and deviation of ImageNet, because the model comes from ${producer}`;
    return { ...zeroToOne, ...torchvision, why };
  }
  return { ...zeroToOne, why: 'pixels from 0 to 1, because nothing in the model says otherwise' };
}

/** Operators that only move or name what goes through them. */
const passing = new Set([
  'Transpose',
  'Cast',
  'Identity',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Pad',
]);
/** Factors up to this bring bytes to numbers of about 1: 1/255, 1/127.5, 1/58 (a deviation). */
const largestFactor = 0.05;

/** The first layer that brings pixels of 0 to 255 to small numbers by itself. */
function firstScaling(graph: Graph, input: ValueInfo): Node | undefined {
  let value = input.name;
  for (let step = 0; step < 6; step++) {
    const users = graph.nodes.filter((node) => node.inputs.includes(value));
    const [node, ...more] = users;
    if (!node || more.length > 0 || !isStandard(node)) return undefined;
    const constant = firstElement(graph, node.inputs.find((name) => name !== value) ?? '');
    const isLarge = constant !== undefined && Math.abs(constant) >= 1 / largestFactor;
    if (node.op === 'BatchNormalization') return hasLargeMean(graph, node) ? node : undefined;
    if (node.op === 'Mul') {
      return constant !== undefined && Math.abs(constant) <= largestFactor ? node : undefined;
    }
    if (node.op === 'Div') return isLarge ? node : undefined;
    if (node.op === 'Sub' || node.op === 'Add') return isLarge ? node : undefined;
    if (!passing.has(node.op)) return undefined;
    value = node.outputs[0] ?? '';
  }
  return undefined;
}

function hasLargeMean(graph: Graph, node: Node): boolean {
  const mean = firstElement(graph, node.inputs[3] ?? '');
  return mean !== undefined && Math.abs(mean) >= 1 / largestFactor;
}

function firstElement(graph: Graph, name: string): number | undefined {
  const tensor = graph.tensors.get(name);
  if (tensor?.type !== 'float32' || tensor.data.sizeBytes < 4) return undefined;
  const bytes = tensor.data.read(0, 4);
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
}
