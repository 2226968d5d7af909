import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A file of a library: beside the bundle, where `.scripts/bundles.mjs` puts it, else in its package. */
export function bundledFile(name: string, inPackage: string): string {
  const beside = join(__dirname, name);
  return existsSync(beside) ? beside : createRequire(__filename).resolve(inPackage);
}
