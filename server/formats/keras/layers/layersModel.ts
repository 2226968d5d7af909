import type { Graph } from '../../../core/graph/graph.ts';
import type { LayersModel, LayerValue, LayerWeight } from '../../../core/graph/layersModel.ts';
import { MemoryData, type ElementType, type TensorData } from '../../../core/graph/tensor.ts';
import { readFloats } from '../../../core/graph/tensorValues.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { BadFile } from '../../badFile.ts';
import { readArchitecture, type KerasLayer, type KerasModel } from '../config/model.ts';
import { slotsOf } from '../config/slots.ts';
import { dialectOf } from '../lower/lowerModel.ts';
import type { Base } from '../save/changesOf.ts';
import { diffModel } from '../save/diffModel.ts';
import type { KerasSource } from '../source.ts';
import { NotInTfjs } from './layerConfig.ts';
import { topologyOf } from './topology.ts';

/**
 * The edited graph as the layers that the writer would save; the error is a sentence that says why
 * there are none, or why TensorFlow.js cannot run them.
 */
export function layersModelOf(
  base: Base,
  source: KerasSource,
  graph: Graph,
): Result<LayersModel, string> {
  try {
    return assemble(base, source, graph);
  } catch (thrown) {
    if (thrown instanceof NotInTfjs) return err(thrown.message);
    if (thrown instanceof BadFile) return err(thrown.fault.message);
    throw thrown;
  }
}

function assemble(base: Base, source: KerasSource, graph: Graph): Result<LayersModel, string> {
  const changes = diffModel(base, graph, source);
  const architecture = changes?.architecture ?? source.architecture;
  if (!architecture) {
    return err(`${source.path} holds weights without an architecture: it cannot be run.`);
  }
  const model = changes?.model ?? readArchitecture(architecture, source.path);
  const integers = new Set(
    graph.inputs.filter(({ type }) => isInteger(type)).map(({ name }) => name),
  );
  const typeOf = (name: string): 'float32' | 'int32' => (integers.has(name) ? 'int32' : 'float32');
  const topology = topologyOf(model, { dialect: dialectOf(source.version), inputType: typeOf });
  const leaves = leavesWithPath(model, []);
  const weights = leaves.flatMap(({ layer, path }) => {
    const own = base.weights.get(layer.key);
    const changed = changes?.weights.get(layer.key);
    const slots = slotsOf(layer)?.map(({ name }) => name) ?? [...(own?.keys() ?? [])];
    const listed = slots.map((slot): LayerWeight => {
      const now = changed?.get(slot);
      if (now) return weightOf(now.dims, now.type, new MemoryData(now.read()));
      const kept = own?.get(slot);
      if (!kept) throw new Error(`${layer.key} has no ${slot}`);
      return weightOf(kept.dims, kept.type, kept.data);
    });
    return listed.length > 0 ? [{ layer: path, weights: listed }] : [];
  });
  const inputs = inputNames(model, graph).map((name) => ({ name, type: typeOf(name) }));
  const paths = new Map(leaves.map(({ layer, path }) => [layer.key, path]));
  const values = graph.nodes.flatMap((node): LayerValue[] => {
    const result = base.results.get(node.id);
    const layer = paths.get(result?.layer ?? '');
    const name = node.outputs[result?.output ?? 0];
    return result && layer && name ? [{ name, layer, isMoved: result.isMoved }] : [];
  });
  const outputs = graph.outputs.map(({ name }) => name);
  return ok({ topology: JSON.stringify(topology), weights, inputs, outputs, values });
}

function leavesWithPath(
  model: KerasModel,
  path: readonly string[],
): { readonly layer: KerasLayer; readonly path: readonly string[] }[] {
  return model.layers.flatMap((layer) => {
    const own = [...path, layer.name];
    return layer.model ? leavesWithPath(layer.model, own) : [{ layer, path: own }];
  });
}

/** Names of the graph's inputs in the order of the model's. */
function inputNames(model: KerasModel, graph: Graph): string[] {
  const names = graph.inputs.map(({ name }) => name);
  const wanted = model.inputs.map(({ layer }) => layer);
  return wanted.every((name) => names.includes(name)) && wanted.length === names.length
    ? wanted
    : names;
}

function weightOf(dims: readonly number[], type: ElementType, data: TensorData): LayerWeight {
  return { dims, values: Float32Array.from(readFloats({ name: '', type, dims, data })) };
}

const isInteger = (type: ElementType): boolean => /^u?int/.test(type);
