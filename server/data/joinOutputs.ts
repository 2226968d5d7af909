import { elementCount, type ElementType } from '../core/graph/tensor.ts';
import { EngineFault, type EngineTensor } from '../engines/engine.ts';

/** An output over all samples. */
export interface JoinedOutput {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly values: EngineTensor['values'];
}

/**
 * Puts the outputs of one name together, run by run: along the first axis where that is the batch,
 * else stacked on a new one. The space is taken once, at the first run.
 */
export class OutputJoiner {
  #values: EngineTensor['values'] | undefined;
  #first: EngineTensor | undefined;
  #isBatchFirst = false;
  #runs = 0;
  #at = 0;
  #added = 0;

  constructor(
    readonly name: string,
    private readonly runs: number,
    private readonly samples: number,
  ) {}

  /** The next run's output; `batch` samples were in the run. */
  add(output: EngineTensor, batch: number): void {
    if (!this.#first) this.#begin(output, batch);
    this.#check(output, batch);
    this.#values?.set(output.values as never, this.#at);
    this.#at += output.values.length;
    this.#runs++;
    this.#added += batch;
  }

  /** Runs and samples that were left out take no place. */
  result(): JoinedOutput {
    if (!this.#first || !this.#values) throw new Error(`${this.name}: no run`);
    const { type, dims } = this.#first;
    const joined = this.#isBatchFirst ? [this.#added, ...dims.slice(1)] : [this.#runs, ...dims];
    const values = this.#at < this.#values.length ? this.#values.slice(0, this.#at) : this.#values;
    return { name: this.name, type, dims: joined, values };
  }

  #begin(output: EngineTensor, batch: number): void {
    this.#first = output;
    this.#isBatchFirst = output.dims.length > 0 && output.dims[0] === batch;
    const perRun = this.#isBatchFirst ? elementCount(output.dims.slice(1)) : output.values.length;
    const total = perRun * (this.#isBatchFirst ? this.samples : this.runs);
    this.#values = new (output.values.constructor as new (size: number) => EngineTensor['values'])(
      total,
    );
  }

  #check(output: EngineTensor, batch: number): void {
    const first = this.#first?.dims ?? [];
    const wanted = this.#isBatchFirst ? [batch, ...first.slice(1)] : first;
    if (wanted.join() === output.dims.join()) return;
    throw new EngineFault(
      'cannot-run',
      `The output "${this.name}" has another shape in run ${this.#runs + 1}: [${output.dims.join(', ')}], not [${wanted.join(', ')}]. Such outputs cannot be joined; run fewer samples at a time.`,
      this.name,
    );
  }
}
