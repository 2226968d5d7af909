import type { Memento, Uri } from 'vscode';
import type { DataChoice } from '../server/protocol/data.ts';

/** Which samples each model of the workspace was last looked at with. */
export class KeptChoices {
  constructor(private readonly memory: Memento) {}

  /** The samples of a model; nothing where none were chosen, or the memory holds something else. */
  get(model: Uri): DataChoice | undefined {
    return asChoice(this.memory.get(keyOf(model)));
  }

  async set(model: Uri, data: DataChoice | undefined): Promise<void> {
    await this.memory.update(keyOf(model), data);
  }
}

const keyOf = (model: Uri): string => `samples:${model.toString()}`;

function asChoice(value: unknown): DataChoice | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { path } = value as { readonly path?: unknown };
  return typeof path === 'string' && path !== '' ? (value as DataChoice) : undefined;
}
