/** The process that holds ONNX Runtime. It reads requests and answers them one after the other. */
import { EngineFault, type DescribedValue } from '../engine.ts';
import { compareNetworks } from './compareNetworks.ts';
import { groupsWithin, outputBytes } from './outputGroups.ts';
import { Network, toEngineTensor, type Runtime } from './network.ts';
import type { Answers, Envelope, OpenSettings, Reply, Request } from './protocol.ts';

const networks = new Map<number, Network>();
let lastSession = 0;
let runtime: (Runtime & { readonly version: string }) | undefined;
let work = Promise.resolve();

process.on('message', (message: Envelope) => {
  work = work.then(() => reply(message));
});
process.on('disconnect', () => process.exit(0));
// Ctrl+C goes to the whole group; what becomes of us is for the parent to decide.
process.on('SIGINT', () => undefined);

async function reply({ id, request }: Envelope): Promise<void> {
  try {
    const progress = (done: number, total: number): void =>
      send({ id, kind: 'progress', done, total });
    send({ id, kind: 'answer', value: await answer(request, progress) });
  } catch (thrown) {
    if (thrown instanceof EngineFault) {
      send({ id, kind: 'fault', code: thrown.code, message: thrown.message, where: thrown.where });
    } else {
      const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      send({ id, kind: 'bug', stack });
    }
  }
}

function send(message: Reply): void {
  process.send?.(message);
}

async function answer(
  request: Request,
  progress: (done: number, total: number) => void,
): Promise<Answers[keyof Answers]> {
  const loaded = await loadRuntime();
  switch (request.kind) {
    case 'hello':
      return { version: loaded.version };
    case 'open': {
      const network = await Network.open(loaded, request.model, request.settings);
      networks.set(++lastSession, network);
      return { session: lastSession, inputs: network.inputs, outputs: network.outputs };
    }
    case 'run': {
      const network = networks.get(request.session);
      if (!network) throw new Error(`no session ${request.session}`);
      return network.run(request.feeds, request.outputs, (outputs) =>
        [...outputs].map(([name, output]) => [name, copyOf(toEngineTensor(output))] as const),
      );
    }
    case 'release':
      await networks.get(request.session)?.release();
      networks.delete(request.session);
      return null;
    case 'describe':
      return describe(loaded, request);
    case 'compare':
      return compare(loaded, request, progress);
  }
}

async function describe(
  loaded: Runtime,
  { model, feeds, values, settings, budgetBytes }: Extract<Request, { kind: 'describe' }>,
): Promise<Answers['describe']> {
  const network = await Network.open(loaded, model, settings);
  try {
    const fetched = new Set(network.outputs.map((head) => head.name));
    const names = values.filter((name) => fetched.has(name));
    const described: DescribedValue[] = [];
    for (const group of groupsWithin(names.map(outputBytes(network, feeds)), budgetBytes)) {
      const wanted = group.map((at) => names[at] ?? '');
      await network.run(feeds, wanted, (outputs) => {
        for (const [name, { type, dims }] of outputs) {
          described.push({ name, type: type as DescribedValue['type'], dims });
        }
      });
    }
    return described;
  } finally {
    await network.release();
  }
}

async function compare(
  loaded: Runtime,
  request: Extract<Request, { kind: 'compare' }>,
  progress: (done: number, total: number) => void,
): Promise<Answers['compare']> {
  const open = (model: typeof request.before, settings: OpenSettings): Promise<Network> =>
    Network.open(loaded, model, settings);
  const before = await open(request.before, request.settings);
  try {
    const after = await open(request.after, request.settings);
    try {
      const { feeds, values, budgetBytes } = request;
      return await compareNetworks(before, after, feeds, values, budgetBytes, progress);
    } finally {
      await after.release();
    }
  } finally {
    await before.release();
  }
}

/** Elements that outlive the output they came from. */
const copyOf = (tensor: ReturnType<typeof toEngineTensor>): ReturnType<typeof toEngineTensor> => ({
  ...tensor,
  values: tensor.values.slice(),
});

async function loadRuntime(): Promise<Runtime & { readonly version: string }> {
  if (runtime) return runtime;
  try {
    const module = await import('onnxruntime-node');
    const { InferenceSession, Tensor, env } = module;
    runtime = { InferenceSession, Tensor, version: env.versions.node ?? '' };
    return runtime;
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
    throw new EngineFault('not-available', `ONNX Runtime cannot be loaded on this machine: ${why}`);
  }
}
