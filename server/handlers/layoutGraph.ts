import { Cancelled, type Job } from '../core/job.ts';
import { layoutOf, type LayoutWish } from '../graphView/layoutGraph.ts';
import { LayoutWorker, NoLayout } from '../graphView/layoutWorker.ts';
import type { GraphLayout } from '../protocol/graph.ts';
import type { OnModel } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import type { Sessions } from '../sessions.ts';

/** Layouts of a server: one thread, and of each model the last wish only. */
export class GraphLayouts {
  readonly worker = new LayoutWorker();
  readonly #wishes = new Map<string, symbol>();

  /** Lays out the graph that is shown. A later wish for the same model stops this one. */
  async layoutGraph(
    sessions: Sessions,
    params: OnModel & LayoutWish,
    job: Job,
  ): Promise<GraphLayout> {
    const { uri, revision } = params;
    const session = sessions.get(uri);
    session.expect(revision);
    const wish = Symbol(uri);
    this.#wishes.set(uri, wish);
    const latest: Job = {
      checkpoint: async (...told) => {
        await job.checkpoint(...told);
        if (this.#wishes.get(uri) !== wish) throw new Cancelled();
      },
    };
    try {
      const layout = await layoutOf(session.shownGraph, params, this.worker, latest);
      return { uri, revision, ...layout };
    } catch (thrown) {
      if (!(thrown instanceof NoLayout)) throw thrown;
      throw new Refused({
        code: 'no-layout',
        message: `The graph of ${session.name} could not be laid out: ${thrown.message}`,
        where: session.name,
        remedy: 'Try All nodes, or go on in the layers table.',
      });
    } finally {
      if (this.#wishes.get(uri) === wish) this.#wishes.delete(uri);
    }
  }

  dispose(): void {
    this.worker.kill();
  }
}
