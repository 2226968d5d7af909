import type { Sessions } from '../sessions.ts';

/** Forgets a model, after the work on it that is under way. */
export async function closeModel(
  sessions: Sessions,
  params: { readonly uri: string },
): Promise<null> {
  await sessions.close(params.uri);
  return null;
}
