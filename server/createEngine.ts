import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createChosenEngine, type EngineChoice } from './engines/chosenEngine.ts';
import type { Engine } from './engines/engine.ts';
import { engines } from './engines/index.ts';

/** How models are to be run. */
export interface EngineSettings {
  readonly engine: EngineChoice;
  /** Default: all cores but one. */
  readonly threads?: number | undefined;
  /** Trusted folders whose installed TensorFlow may be used; ours comes last. */
  readonly nativeFolders: readonly string[];
  readonly log: (line: string) => void;
}

/** The engines, behind one that chooses; their processes start when they are needed. */
export function createEngine({ engine, threads, nativeFolders, log }: EngineSettings): Engine {
  const here = realpathSync(__dirname);
  const count = threads ? { threads } : {};
  const onnxruntime = engines.onnxruntime({
    childPath: childOf(here, 'engine', 'onnxruntime'),
    log,
    ...count,
  });
  const tfjs = engines.tfjs({
    childPath: childOf(here, 'tfjs', 'tfjs'),
    nativeFolders: [...nativeFolders, dirname(here)],
    log,
  });
  return createChosenEngine(engine, { onnxruntime, tfjs });
}

/** The process of an engine: beside the bundle, or its source when run from source. */
function childOf(here: string, bundle: string, room: string): string {
  const bundled = join(here, `${bundle}.js`);
  return existsSync(bundled) ? bundled : join(here, 'engines', room, 'child.ts');
}
