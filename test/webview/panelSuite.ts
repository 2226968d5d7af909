import assert from 'node:assert/strict';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { chromiumPath, Harness, type OpenPanel } from './harness.ts';

/**
 * Inside a `describe`: panels for its tests, which are skipped where there is no browser. Each panel
 * is closed behind the test that opened it, and must not have had a fault.
 */
export function servedPanels(): Pick<Harness, 'open'> {
  let harness: Harness | undefined;
  const opened: OpenPanel[] = [];
  before(async function () {
    if (chromiumPath === undefined) return this.skip();
    harness = await Harness.start();
  });
  after(() => harness?.close());
  afterEach(async () => {
    const panels = opened.splice(0);
    for (const panel of panels) await panel.close();
    const faults = panels.flatMap((panel) => panel.faults);
    assert.deepEqual(faults, [], 'console errors or violations of the content security policy');
  });
  return {
    async open(options) {
      assert.ok(harness, 'a test is running');
      const panel = await harness.open(options);
      opened.push(panel);
      return panel;
    },
  };
}

/** The last message of a type that a panel sent; undefined: none. */
export async function lastPosted<T extends FromPanel['type']>(
  panel: OpenPanel,
  type: T,
): Promise<Extract<FromPanel, { type: T }> | undefined> {
  const all = await panel.posted();
  return all.findLast((one): one is Extract<FromPanel, { type: T }> => one.type === type);
}
