/** Asks the runner outside, which holds the browser, to do something in the page, and gives what it saw. */
export async function page(op: string, args: Record<string, unknown> = {}): Promise<unknown> {
  const address = process.env['RANGEFINDER_BRIDGE'];
  if (address === undefined) throw new Error('no bridge: see hasBridge');
  const response = await fetch(`${address}/${op}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(args),
  });
  const body = (await response.json()) as { ok: boolean; value?: unknown; error?: string };
  if (!body.ok) throw new Error(`bridge ${op}: ${body.error ?? ''}`);
  return body.value;
}

/** False on a desktop VS Code, where nobody drives the page. */
export const hasBridge = process.env['RANGEFINDER_BRIDGE'] !== undefined;
