import { displayName, isStandard, type Graph, type Node } from '../graph/graph.ts';
import { layerOf, type Wiring } from '../graph/layer.ts';
import { isFloat, type ElementType } from '../graph/tensor.ts';
import { wiringOf } from '../graph/wiring.ts';
import { apartOf, nothingApart, type Apart } from './apart.ts';
import type { GridFormat } from './grid.ts';
import { builtInPlacement, tiesAveragePools } from './placements/builtIn.ts';
import { movesValues, sourceOf } from './placements/movement.ts';
import { planConstants } from './placements/constants.ts';
import { rulesOf, type OperatorRule, type PlacementRules } from './placements/rules.ts';
import { joinedNodes } from './placements/supergroups.ts';
import { tiesOf } from './placements/ties.ts';
import { floatValues } from './placements/valueTypes.ts';
import type { QuantizationPlan, Quantizer } from './plan.ts';
import { isQuantizing } from './quantizedModel.ts';
import type { QuantsimConfiguration } from './quantsimConfiguration.ts';
import type { Target } from './targets.ts';

/** What a plan follows besides its target. */
export interface PlacementOptions {
  /** A configuration from a file; without one the target's built-in placement serves. */
  readonly configuration?: QuantsimConfiguration;
  /** Types of values that the file does not state, learnt by running it once. */
  readonly types?: ReadonlyMap<string, ElementType>;
}

/**
 * Where a target rounds (algorithms: sections 6.9 and 6.10). What the configuration says goes before
 * the target, which has the bits, signs, granularity and range finders that it leaves open. Values
 * come with their maker, constants with the first node that reads them.
 */
export function planQuantizers(
  graph: Graph,
  target: Target,
  { configuration, types }: PlacementOptions = {},
): QuantizationPlan {
  const placement = configuration ?? builtInPlacement(target.placement);
  const tiesPools = configuration !== undefined || tiesAveragePools(target.placement);
  const rules = rulesOf(placement, target);
  const plan = new Planner(graph, target, rules, types, tiesPools).plan();
  const apart = apartOf(graph, plan, target);
  if (apart === nothingApart) return plan;
  return new Planner(graph, target, rules, types, tiesPools, apart).plan();
}

/** A grid for a value, or why it has none. */
type Decision = { readonly format: GridFormat; readonly rule?: OperatorRule } | string;

class Planner {
  readonly #wiring: Wiring;
  readonly #isFloat: (value: string) => boolean;
  readonly #joined: ReadonlyMap<Node, Node>;
  readonly #heads: ReadonlyMap<Node, Node>;
  readonly #decisions = new Map<string, Decision>();

  constructor(
    private readonly graph: Graph,
    private readonly target: Target,
    private readonly rules: PlacementRules,
    types: ReadonlyMap<string, ElementType> | undefined,
    private readonly tiesPools: boolean,
    private readonly apart: Apart = nothingApart,
  ) {
    this.#wiring = wiringOf(graph);
    this.#isFloat = floatValues(graph, types);
    this.#joined = joinedNodes(graph, this.#wiring, rules);
    this.#heads = headsOf(graph, this.#joined);
  }

  plan(): QuantizationPlan {
    this.#decide();
    const isQuantized = (value: string): boolean =>
      typeof (this.#decisions.get(value) ?? '') === 'object';
    const ties = tiesOf(this.graph, this.#wiring, isQuantized, this.tiesPools);
    const constants = planConstants(this.graph, this.target, this.rules, {
      wiring: this.#wiring,
      gridOf: (value) => this.#gridOf(value, ties, isQuantized),
      ownerOf: (node) => this.#ownerOf(node),
      apart: this.apart,
    });
    const quantizers: Quantizer[] = [];
    const unquantized: { tensor: string; reason: string }[] = [];
    const give = (value: string, node: Node | undefined): void => {
      const decision = this.#decisions.get(value);
      if (decision === undefined) return;
      if (typeof decision === 'string') unquantized.push({ tensor: value, reason: decision });
      else quantizers.push(this.#activation(value, node, decision, ties.get(value)));
    };
    for (const { name } of this.graph.inputs) give(name, undefined);
    for (const node of this.graph.nodes) {
      const read = constants.get(node.id);
      quantizers.push(...(read?.quantizers ?? []));
      unquantized.push(...(read?.unquantized ?? []));
      for (const value of node.outputs) if (value !== '') give(value, node);
    }
    return { quantizers, unquantized };
  }

  #decide(): void {
    for (const { name, type } of this.graph.inputs) {
      if (!this.#isFloat(name) || (type !== 'other' && !isFloat(type))) continue;
      this.#decisions.set(name, this.#decideInput());
    }
    for (const node of this.graph.nodes) {
      for (const value of node.outputs) {
        if (value === '' || !this.#isFloat(value) || this.#wiring.useCount(value) === 0) continue;
        this.#decisions.set(value, this.#decideOutput(node, value));
      }
    }
    for (const node of this.graph.nodes) this.#decideInputsOf(node);
    if (hardwareOf(this.rules) !== undefined) this.#decideProducts();
  }

  #decideInput(): Decision {
    const { isModelInputQuantized, activation } = this.rules;
    if (!activation) return floatActivations;
    return isModelInputQuantized
      ? { format: activation }
      : 'The placement leaves the inputs of the model in float.';
  }

  #decideOutput(node: Node, value: string): Decision {
    if (isQuantizing(node)) return `${node.op} of the file decides over its grid.`;
    const left = this.apart.inFloat.get(value);
    if (left !== undefined) return left;
    const rule = this.rules.of(node.op);
    if (!rule.activation) return floatActivations;
    const decision: Decision = { format: rule.activation, rule };
    if (this.#wiring.isGraphOutput(value) && this.#isAsked(node)) return decision;
    const next = this.#joined.get(node);
    if (next) {
      return `"${displayName(node)}" and "${displayName(next)}" are computed as one (supergroup).`;
    }
    if (rule.isOutputQuantized && rule.isOutputNamed) return decision;
    if (movesValues(node, this.#wiring)) {
      return `${node.op} only moves values: they are on the grid of what goes in.`;
    }
    if (rule.isOutputQuantized) return decision;
    return rule.isOutputNamed
      ? `The placement leaves the output of ${node.op} in float.`
      : 'The placement leaves outputs of operators in float.';
  }

  /** True where the configuration asks for outputs of the model that are not on a grid already. */
  #isAsked(node: Node): boolean {
    return this.rules.isModelOutputQuantized && !movesValues(node, this.#wiring);
  }

  /** Inputs that a configuration wants rounded, where what makes them is not. */
  #decideInputsOf(node: Node): void {
    const rule = this.rules.of(node.op);
    if (!rule.isInputQuantized || !rule.activation) return;
    for (const value of node.inputs) {
      if (typeof this.#decisions.get(value) !== 'string') continue;
      if (typeof this.#decisions.get(sourceOf(value, this.#wiring)) === 'object') continue;
      this.#decisions.set(value, { format: rule.activation });
    }
  }

  /**
   * Products of two values on Qualcomm's HTP: the second is symmetric, of 8 bits up to V69
   * (algorithms: section 6.9).
   */
  #decideProducts(): void {
    const version = hardwareOf(this.rules) ?? 0;
    for (const node of this.graph.nodes) {
      if (node.op !== 'MatMul' || !isStandard(node)) continue;
      const source = sourceOf(node.inputs[1] ?? '', this.#wiring);
      const decision = this.#decisions.get(source);
      if (typeof decision !== 'object') continue;
      const { format } = decision;
      if (version < 70) {
        this.#decisions.set(source, {
          ...decision,
          format: { ...format, bits: 8, symmetry: 'symmetric' },
        });
      } else if (format.bits === 16) {
        this.#decisions.set(source, { ...decision, format: { ...format, symmetry: 'symmetric' } });
      }
    }
  }

  #activation(
    value: string,
    node: Node | undefined,
    { format, rule }: Exclude<Decision, string>,
    tiedTo: string | undefined,
  ): Quantizer {
    const other = tiedTo === undefined ? undefined : this.#decisions.get(tiedTo);
    return {
      kind: 'activation',
      tensor: value,
      node: node?.id,
      owner: node ? this.#ownerOf(node) : value,
      format: typeof other === 'object' ? other.format : format,
      axis: undefined,
      range: this.target.activationRange,
      ...(rule?.fixed && tiedTo === undefined ? { fixed: rule.fixed } : {}),
      ...(tiedTo === undefined ? {} : { tiedTo }),
    };
  }

  /** The value whose grid a node sees at an input; undefined where that is float. */
  #gridOf(
    value: string,
    ties: ReadonlyMap<string, string>,
    isQuantized: (value: string) => boolean,
  ): string | undefined {
    const source = isQuantized(value) ? value : sourceOf(value, this.#wiring);
    return isQuantized(source) ? (ties.get(source) ?? source) : undefined;
  }

  /** The layer that a node is computed together with, else the node itself. */
  #ownerOf(node: Node): string {
    const head = this.#heads.get(node) ?? node;
    return displayName(layerOf(head, this.#wiring) ? head : node);
  }
}

const floatActivations = 'The target computes activations in float.';

/** For each node that is computed together with one before it, the first of them. */
function headsOf(graph: Graph, joined: ReadonlyMap<Node, Node>): Map<Node, Node> {
  const heads = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const next = joined.get(node);
    if (next) heads.set(next, heads.get(node) ?? node);
  }
  return heads;
}

/** The number of an HTP version such as V73. */
function hardwareOf({ hardware }: PlacementRules): number | undefined {
  const digits = /^V(\d+)$/.exec(hardware ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
