import { layoutGraph, type GraphLayout, type GraphView } from '../../server/protocol/graph.ts';
import type { CockpitState } from '../../server/protocol/cockpit.ts';
import {
  describeLayer,
  listFolds,
  type Fault,
  type FoldChoice,
} from '../../server/protocol/requests.ts';
import { Stopped, toFault } from '../server/answers.ts';
import type { Notices } from './notices.ts';
import type { Session } from './session.ts';
import { t } from '../l10n.ts';

/** What can be asked of an open model without changing it, and without waiting for what changes it. */
export class ModelQuestions {
  constructor(
    private readonly session: Session,
    private readonly notices: Notices,
  ) {}

  /** Why, for one layer; nothing when that was refused, which is then told. */
  describe(layer: number): Promise<CockpitState | undefined> {
    return this.#ask(t('Measuring layer'), this.session.look(describeLayer, { layer }));
  }

  /** Which batch norms could be folded into these layers; nothing when that was refused. */
  listFolds(layers: readonly number[]): Promise<readonly FoldChoice[] | undefined> {
    return this.#ask(t('Looking for batch norms'), this.session.look(listFolds, { layers }));
  }

  /** Where everything of the graph stands; a fault where it cannot be said, nothing when stopped. */
  async layoutGraph(
    wish: { readonly view: GraphView; readonly around?: number },
    signal: AbortSignal,
  ): Promise<{ readonly layout?: GraphLayout; readonly fault?: Fault }> {
    try {
      return { layout: await this.session.look(layoutGraph, wish, { signal }) };
    } catch (thrown) {
      return thrown instanceof Stopped ? {} : { fault: toFault(thrown) };
    }
  }

  async #ask<R>(title: string, reply: Promise<R>): Promise<R | undefined> {
    try {
      return await reply;
    } catch (thrown) {
      this.notices.tell(title, thrown);
      return undefined;
    }
  }
}
