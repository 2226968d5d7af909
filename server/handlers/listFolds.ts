import { displayName } from '../core/graph/graph.ts';
import type { FoldChoice, OnModel } from '../protocol/requests.ts';
import { foldChoices } from '../session/foldChoices.ts';
import type { Sessions } from '../sessions.ts';

/** Which batch norms could be folded into these layers, and which way. */
export function listFolds(
  sessions: Sessions,
  params: OnModel & { readonly layers: readonly number[] },
): Promise<readonly FoldChoice[]> {
  const session = sessions.get(params.uri);
  session.expect(params.revision);
  const chosen = new Set(params.layers);
  const { graph } = session.state;
  const names = graph.nodes.filter(({ id }) => chosen.has(id)).map(displayName);
  return Promise.resolve(foldChoices(graph, new Set(names)));
}
