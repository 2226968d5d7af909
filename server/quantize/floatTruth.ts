import type { Job } from '../core/job.ts';
import { EngineFault } from '../engines/engine.ts';
import {
  evaluate,
  judgedValues,
  type Contender,
  type EvaluateRequest,
  type Evaluation,
} from './evaluate.ts';

let lastTruth = 0;

/**
 * Judges networks, one after the other, by the outputs of one float network on the same samples.
 * That runs once: what it gave is kept in the engine until `end`. Where keeping fails, or a sample
 * fails that did not before, it is run again as if nothing were kept.
 */
export class FloatTruth {
  /** Under which name the engine keeps each value of the float network. */
  readonly #names: ReadonlyMap<string, string>;
  /** Samples that failed while the values were kept; undefined: nothing is kept. */
  #failed: string | undefined;

  constructor(private readonly request: Omit<EvaluateRequest, 'contenders' | 'truth'>) {
    const serial = ++lastTruth;
    const values = judgedValues(request.reference.graph, []);
    this.#names = new Map(
      values.map(({ reference }) => [reference, `truth ${serial}: ${reference}`]),
    );
  }

  /** What `evaluate` gives for these networks beside the float one. */
  async evaluate(contenders: readonly Contender[], job: Job): Promise<Evaluation> {
    if (this.request.engine.forget && this.#names.size > 0) {
      const isKept = this.#failed !== undefined;
      const found = await this.#kept({ contenders, truth: { names: this.#names, isKept } }, job);
      const failed = found?.failures.map(({ index }) => index).join();
      if (found && (!isKept || failed === this.#failed)) {
        this.#failed = failed;
        return found;
      }
      this.#failed = undefined;
    }
    return evaluate({ ...this.request, contenders }, job);
  }

  /** Lets go of what is kept; it went with the engine's process where that died. */
  async end(): Promise<void> {
    await this.request.engine.forget?.([...this.#names.values()]).catch(() => undefined);
  }

  /** Undefined where the engine cannot: it died, its disk is full, or what it kept is gone. */
  async #kept(
    own: Pick<EvaluateRequest, 'contenders' | 'truth'>,
    job: Job,
  ): Promise<Evaluation | undefined> {
    try {
      return await evaluate({ ...this.request, ...own }, job);
    } catch (thrown) {
      if (thrown instanceof EngineFault) return undefined;
      throw thrown;
    }
  }
}
