import type { Tensor } from 'onnxruntime-node';
import { floatToHalf, readFloats } from '../../core/graph/tensorValues.ts';
import { MemoryData, type ElementType } from '../../core/graph/tensor.ts';
import { EngineFault, type EngineTensor } from '../engine.ts';

/** The constructor of ONNX Runtime's tensors; the runtime is loaded when it is first needed. */
export type TensorClass = new (
  type: Tensor.Type,
  data: Tensor.DataType,
  dims: readonly number[],
) => Tensor;

type Values = EngineTensor['values'];

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** True for types that ONNX Runtime's Node binding can hand out; int4 would abort the process. */
export const canFetch = (type: string): type is ElementType => type in arrays || type === 'float16';

/** A tensor for the runtime. Floats are rounded to the type the network takes. */
export function toRuntime(name: string, tensor: EngineTensor, Made: TensorClass): Tensor {
  const { type, dims, values } = tensor;
  const isFloats = values instanceof Float32Array || values instanceof Float64Array;
  if (type === 'float16') {
    if (!isFloats) throw badFeed(name, tensor);
    return new Made('float16', Uint16Array.from(values, floatToHalf), dims);
  }
  if (type === 'float32' || type === 'float64') {
    if (!isFloats) throw badFeed(name, tensor);
    return new Made(type, type === 'float32' ? asSingle(values) : asDouble(values), dims);
  }
  if (type === 'bfloat16' || type === 'string' || type === 'other') throw badFeed(name, tensor);
  if (type === 'int4' || type === 'uint4') throw badFeed(name, tensor);
  if (!(values instanceof arrays[type])) throw badFeed(name, tensor);
  return new Made(type, values, dims);
}

/** The elements of an output; float16 as floats. They may share memory with the output. */
export function valuesOf(output: Tensor): Values {
  const { data } = output;
  if (output.type === 'float16') {
    const halves = data as ArrayBufferView;
    const bytes = new Uint8Array(
      halves.buffer as ArrayBuffer,
      halves.byteOffset,
      halves.byteLength,
    );
    return readFloats({
      name: '',
      type: 'float16',
      dims: output.dims,
      data: new MemoryData(bytes),
    });
  }
  if (Array.isArray(data)) throw new Error('strings cannot be handed out');
  return data;
}

const asSingle = (values: Float32Array | Float64Array): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);

const asDouble = (values: Float32Array | Float64Array): Float64Array =>
  values instanceof Float64Array ? values : Float64Array.from(values);

function badFeed(name: string, tensor: EngineTensor): EngineFault {
  const text = `Input "${name}" is ${tensor.type}, which ONNX Runtime cannot be given here.`;
  return new EngineFault('cannot-run', text, name);
}
