import assert from 'node:assert/strict';
import type { Engine } from '../../server/engines/engine.ts';

/**
 * An engine that loses what was kept, as a fresh process has it, before so many tasks from `first`
 * on.
 */
export function losingEngine(own: Engine, times: number, first = 4): Engine {
  let tasks = 0;
  let left = times;
  const lose = async (): Promise<void> => {
    if (++tasks >= first && left-- > 0) await own.forget?.();
  };
  return {
    ...own,
    name: own.name,
    open: (...given) => own.open(...given),
    dispose: () => own.dispose(),
    forget: (names) => own.forget?.(names) ?? Promise.resolve(),
    beginTask: async (...given) => {
      await lose();
      assert.ok(own.beginTask);
      return own.beginTask(...given);
    },
    reduceKept: async (...given) => {
      await lose();
      assert.ok(own.reduceKept);
      return own.reduceKept(...given);
    },
  };
}
