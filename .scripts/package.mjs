/**
 * Packages the extension for one platform: node .scripts/package.mjs [target] [file].
 * The package has the native part of ONNX Runtime for that platform and for no other.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './ensure.mjs';

const native = 'node_modules/onnxruntime-node/bin/napi-v6';

/** Writes the .vsix of a target (`linux-x64`, `darwin-arm64`, ...) and gives its path. */
export function packageExtension(target = `${process.platform}-${process.arch}`, file) {
  const [platform, arch] = target.split('-');
  const folder = `${native}/${platform}/${arch}`;
  if (!existsSync(join(root, folder)))
    throw new Error(`ONNX Runtime has no native part for ${target}`);
  const cache = join(root, '.cache');
  mkdirSync(cache, { recursive: true });
  const ignoreFile = join(cache, `vscodeignore-${target}`);
  const base = readFileSync(join(root, '.vscodeignore'), 'utf8');
  writeFileSync(ignoreFile, `${base}!${folder}/**\n`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const out = file ?? join(root, `rangefinder-${target}-${version}.vsix`);
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/@vscode/vsce/vsce'),
      ...['package', '--target', target, '--ignoreFile', ignoreFile, '--out', out],
      ...['--allow-missing-repository', '--no-rewrite-relative-links'],
    ],
    { cwd: root, encoding: 'utf8' },
  );
  if (run.status !== 0) throw new Error(`vsce package failed:\n${run.stdout}${run.stderr}`);
  return out;
}

if (process.argv[1] === import.meta.filename) {
  const [target, file] = process.argv.slice(2);
  const out = packageExtension(target, file);
  process.stdout.write(`${out}: ${(statSync(out).size / 1e6).toFixed(1)} MB\n`);
}
