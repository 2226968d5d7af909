import type { Memento, Uri } from 'vscode';
import type { ModelState } from '../server/protocol/model.ts';
import type { LayerException, TargetSettings } from '../server/protocol/target.ts';

/** What was wished for single layers of a model. */
interface Wishes {
  readonly exceptions: readonly LayerException[];
  readonly leftAlone: readonly string[];
}

/** Which layers of each model of the workspace are in float, have other bits, or are left alone. */
export class KeptLayers {
  constructor(private readonly memory: Memento) {}

  /** A target with the exceptions of this model. */
  targetOf(model: Uri, target: TargetSettings): TargetSettings {
    const { exceptions } = this.#get(model);
    return exceptions.length === 0 ? target : { ...target, exceptions };
  }

  leftAlone(model: Uri): readonly string[] {
    return this.#get(model).leftAlone;
  }

  /** Remembers what a state says, where that is something else than before. */
  async keep(model: Uri, { target, layers }: ModelState): Promise<void> {
    const now: Wishes = {
      exceptions: target.exceptions ?? [],
      leftAlone: layers.filter(({ isIgnored }) => isIgnored).map(({ name }) => name),
    };
    if (JSON.stringify(now) === JSON.stringify(this.#get(model))) return;
    const isNone = now.exceptions.length + now.leftAlone.length === 0;
    await this.memory.update(keyOf(model), isNone ? undefined : now);
  }

  #get(model: Uri): Wishes {
    const kept: unknown = this.memory.get(keyOf(model));
    if (typeof kept !== 'object' || kept === null) return none;
    const { exceptions, leftAlone } = kept as Record<string, unknown>;
    return {
      exceptions: listOf(exceptions).filter(isException),
      leftAlone: listOf(leftAlone).filter((name) => typeof name === 'string'),
    };
  }
}

const none: Wishes = { exceptions: [], leftAlone: [] };

const keyOf = (model: Uri): string => `layers:${model.toString()}`;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isException(value: unknown): value is LayerException {
  if (typeof value !== 'object' || value === null) return false;
  const { layer, weightBits } = value as Record<string, unknown>;
  const isWidth =
    Number.isInteger(weightBits) && Number(weightBits) >= 2 && Number(weightBits) <= 16;
  return typeof layer === 'string' && (weightBits === 'float' || isWidth);
}
