import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { checkFeeds } from '../checkFeeds.ts';
import { linkExternalFiles } from './linkedModel.ts';
import { EngineFault, type EngineModel, type EngineTensor, type Runner } from '../engine.ts';
import { explainFault } from './explainFault.ts';
import { readModelHeads } from './modelHeads.ts';
import type { NamedTensors, OpenSettings, ValueHead } from '../protocol.ts';
import type { OpenNetwork } from '../serveNetworks.ts';
import { canFetch, toRuntime, valuesOf, type TensorClass } from './tensors.ts';

/** The runtime's module, loaded by the child when it is first needed. */
export interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<InferenceSession>;
  };
  readonly Tensor: TensorClass;
  readonly version: string;
}

/** A network that is open in this process. Runs are synchronous inside. */
export class Network implements OpenNetwork {
  readonly inputs: readonly ValueHead[];
  /** Without those whose type cannot be handed out. */
  readonly outputs: readonly ValueHead[];
  readonly #unfetchable: ReadonlyMap<string, string>;

  private constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    private readonly cleanUp: () => void,
  ) {
    const heads = [...session.outputMetadata].map(headOf);
    this.inputs = [...session.inputMetadata].map(headOf);
    this.outputs = heads.filter((head) => canFetch(head.type));
    this.#unfetchable = new Map(
      heads.filter((head) => !canFetch(head.type)).map((head) => [head.name, head.type]),
    );
  }

  get runner(): Runner {
    return { name: 'ONNX Runtime', version: this.runtime.version, backend: 'cpu', notes: [] };
  }

  static async open(
    runtime: Runtime,
    model: EngineModel,
    settings: OpenSettings,
  ): Promise<Network> {
    const create = (folder: string): Promise<InferenceSession> =>
      runtime.InferenceSession.create(model.bytes, sessionOptions(folder, settings));
    try {
      return new Network(runtime, await create(model.folder), doNothing);
    } catch (thrown) {
      const text = textOf(thrown);
      const linked = /external data/i.test(text)
        ? linkExternalFiles(model.folder, readModelHeads(model.bytes).externalFiles)
        : undefined;
      if (!linked) throw loadFault(text, model);
      try {
        return new Network(runtime, await create(linked.folder), () => linked.remove());
      } catch (again) {
        linked.remove();
        throw loadFault(textOf(again), model);
      }
    }
  }

  /** Runs once; the outputs named (default: all that can be handed out) are given to `use`. */
  async run<T>(
    feeds: NamedTensors,
    wanted: readonly string[] | undefined,
    use: (outputs: ReadonlyMap<string, EngineTensor>) => T | Promise<T>,
  ): Promise<T> {
    const names = wanted ?? this.outputs.map((head) => head.name);
    for (const name of names) this.#checkOutput(name);
    const inputs: Record<string, Tensor> = {};
    for (const [name, tensor] of feeds) inputs[name] = toRuntime(name, tensor, this.runtime.Tensor);
    checkFeeds(this.inputs, new Map(feeds.map(([name, { dims }]) => [name, dims])));
    let results: InferenceSession.ReturnType;
    try {
      results = await this.session.run(inputs, [...names]);
    } catch (thrown) {
      throw explainFault('cannot-run', textOf(thrown));
    }
    const outputs = new Map(names.map((name) => [name, results[name] as Tensor]));
    try {
      return await use(new Map([...outputs].map(([name, one]) => [name, toEngineTensor(one)])));
    } finally {
      for (const output of outputs.values()) output.dispose();
    }
  }

  async release(): Promise<void> {
    await this.session.release();
    this.cleanUp();
  }

  #checkOutput(name: string): void {
    if (this.outputs.some((head) => head.name === name)) return;
    const type = this.#unfetchable.get(name);
    const why = type ? `is ${type}, which cannot be handed out` : 'is not an output of the network';
    throw new EngineFault('cannot-run', `"${name}" ${why}.`, name);
  }
}

/** An output as every engine gives it; it may share memory with the runtime's. */
const toEngineTensor = (output: Tensor): EngineTensor => ({
  type: output.type,
  dims: output.dims,
  values: valuesOf(output),
});

function sessionOptions(folder: string, settings: OpenSettings): object {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: settings.threads,
    graphOptimizationLevel: settings.optimization,
    logSeverityLevel: 4,
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        ...(settings.keepQuantizePairs ? { disable_quant_qdq: '1' } : {}),
        model_external_initializers_file_folder_path: folder,
      },
    },
  };
}

function headOf(metadata: InferenceSession.ValueMetadata): ValueHead {
  if (!metadata.isTensor) return { name: metadata.name, type: 'other', shape: [] };
  const { name, type, shape } = metadata;
  return { name, type, shape };
}

/** ONNX elem_type numbers that the binding cannot describe, as names. */
const undescribable = new Map([
  [14, 'complex64'],
  [15, 'complex128'],
  [16, 'bfloat16'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
]);

function loadFault(text: string, model: EngineModel): EngineFault {
  const number = /Unsupported data type: (\d+)/.exec(text)?.[1];
  if (number === undefined) return explainFault('cannot-load', text);
  const type = undescribable.get(Number(number)) ?? `of type ${number}`;
  const output = readModelHeads(model.bytes).outputs.find(
    (head) => head.elementType === Number(number),
  );
  const what = output ? `The output "${output.name}"` : 'An input or output';
  const why = `${what} is ${type}, which ONNX Runtime cannot hand out, so the model cannot be run here.`;
  return new EngineFault('cannot-load', why, output?.name);
}

const textOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

const doNothing = (): void => undefined;
