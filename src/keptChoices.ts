import type { Memento, Uri } from 'vscode';
import type { DataChoice } from '../server/protocol/data.ts';

/** Which samples each model of the workspace was last looked at with. */
export class KeptChoices {
  constructor(private readonly memory: Memento) {}

  /** The samples of a model; nothing where none were chosen, or the memory holds something else. */
  get(model: Uri): DataChoice | undefined {
    return asChoice(this.memory.get(keyOf(model)));
  }

  /** True where something was chosen, be it none. */
  has(model: Uri): boolean {
    return this.memory.get(keyOf(model)) !== undefined;
  }

  /** Nothing is remembered: what the settings file of the model says is taken again. */
  async forget(model: Uri): Promise<void> {
    await this.memory.update(keyOf(model), undefined);
  }

  async set(model: Uri, data: DataChoice | undefined): Promise<void> {
    // None is remembered too: the samples that a settings file names are not taken instead.
    await this.memory.update(keyOf(model), data ?? null);
  }
}

const keyOf = (model: Uri): string => `samples:${model.toString()}`;

function asChoice(value: unknown): DataChoice | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { path } = value as { readonly path?: unknown };
  return typeof path === 'string' && path !== '' ? (value as DataChoice) : undefined;
}
