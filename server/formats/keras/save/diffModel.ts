import type { Graph } from '../../../core/graph/graph.ts';
import type { JsonObject } from '../config/json.ts';
import type { KerasModel } from '../config/model.ts';
import type { KerasSource, NewWeight } from '../source.ts';
import type { Base } from './changesOf.ts';
export interface ModelDifference {
  readonly architecture: JsonObject | undefined;
  readonly model: KerasModel | undefined;
  readonly weights: ReadonlyMap<string, ReadonlyMap<string, NewWeight>>;
  readonly removed: ReadonlySet<string>;
}
export const diffModel = (_b: Base, _g: Graph, _s: KerasSource): ModelDifference | undefined => undefined;
