import { isObject, listOf, objectOf } from './fields.ts';
import type { Json, JsonObject } from './json.ts';

/** Names one output of one call of a layer. */
export interface Ref {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** One call of a layer: the values that go in, in order, and named arguments besides. */
export interface Call {
  readonly inputs: readonly Ref[];
  /** Named arguments that are no values; those that are values are in `named`. */
  readonly kwargs: JsonObject;
  readonly named?: Readonly<Record<string, Ref>>;
}

/** The calls of a layer, in the spelling of Keras 1 and 2 (nested lists) or 3 (args, kwargs). */
export function callsOf(nodes: Json | undefined): Call[] {
  return listOf(nodes).map((node) => (isObject(node) ? callOfArguments(node) : callOfList(node)));
}

/** `[["a", 0, 0, {}], ...]`, or one of them alone. */
function callOfList(node: Json): Call {
  const items = listOf(node);
  const lists = typeof items[0] === 'string' ? [items] : items;
  const inputs = lists.map(refOf).filter((ref) => ref !== undefined);
  const kwargs: JsonObject = {};
  const named: Record<string, Ref> = {};
  for (const item of lists) {
    for (const [name, value] of Object.entries(objectOf(listOf(item)[3]))) {
      const ref = refOf(value ?? null);
      if (ref) named[name] = ref;
      else kwargs[name] = value;
    }
  }
  return { inputs, kwargs, named };
}

/** `{ args: [...], kwargs: {...} }` with `__keras_tensor__` wherever a value goes in. */
function callOfArguments(node: JsonObject): Call {
  const inputs = listOf(node['args']).flatMap(tensorsIn);
  const kwargs: JsonObject = {};
  const named: Record<string, Ref> = {};
  for (const [name, value] of Object.entries(objectOf(node['kwargs']))) {
    const [ref] = tensorsIn(value ?? null);
    if (ref) named[name] = ref;
    else kwargs[name] = value;
  }
  return { inputs, kwargs, named };
}

function tensorsIn(value: Json): Ref[] {
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (!isObject(value)) return [];
  if (value['class_name'] === '__keras_tensor__') {
    const ref = refOf(objectOf(value['config'])['keras_history'] ?? null);
    return ref ? [ref] : [];
  }
  return Object.values(value).flatMap((one) => tensorsIn(one ?? null));
}

function refOf(value: Json): Ref | undefined {
  const [layer, node, tensor] = listOf(value);
  if (typeof layer !== 'string' || typeof node !== 'number') return undefined;
  return { layer, node, tensor: typeof tensor === 'number' ? tensor : 0 };
}

/** `[["a", 0, 0], ...]`, one of them alone (Keras 3), or an object of them, in order. */
export function refsOf(value: Json | undefined): Ref[] {
  const single = refOf(value ?? null);
  if (single) return [single];
  const items = isObject(value) ? Object.values(value) : listOf(value);
  return items.flatMap((item) => refsOf(item));
}
