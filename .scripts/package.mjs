/**
 * Packages the extension for one platform: node .scripts/package.mjs [target] [file].
 * The package has the native part of ONNX Runtime for that platform and for no other.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './ensure.mjs';

const bundled = join(root, 'dist/node_modules');

/** Puts what the engine loads beside the bundles, where it finds it: engines.md, "VSIX recipe". */
function bundleEngine(native) {
  const take = (path, filter = () => true) =>
    cpSync(join(root, 'node_modules', path), join(bundled, path), { recursive: true, filter });
  const isCode = (path) => !/\.(d\.ts|map)$/.test(path);
  take('onnxruntime-node/package.json');
  take('onnxruntime-node/dist', isCode);
  take(native);
  take('onnxruntime-common/package.json');
  take('onnxruntime-common/dist/cjs', isCode);
}

/** Writes the .vsix of a target (`linux-x64`, `darwin-arm64`, ...) and gives its path. */
export function packageExtension(target = `${process.platform}-${process.arch}`, file) {
  const native = `onnxruntime-node/bin/napi-v6/${target.replace('-', '/')}`;
  if (!existsSync(join(root, 'node_modules', native))) {
    throw new Error(`ONNX Runtime has no native part for ${target}`);
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const out = file ?? join(root, `rangefinder-${target}-${version}.vsix`);
  rmSync(bundled, { recursive: true, force: true });
  try {
    bundleEngine(native);
    const run = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/@vscode/vsce/vsce'),
        ...['package', '--target', target, '--no-dependencies', '--out', out],
        ...['--allow-missing-repository', '--no-rewrite-relative-links'],
      ],
      { cwd: root, encoding: 'utf8' },
    );
    if (run.status !== 0) throw new Error(`vsce package failed:\n${run.stdout}${run.stderr}`);
  } finally {
    rmSync(bundled, { recursive: true, force: true });
  }
  return out;
}

if (process.argv[1] === import.meta.filename) {
  const [target, file] = process.argv.slice(2);
  const out = packageExtension(target, file);
  process.stdout.write(`${out}: ${(statSync(out).size / 1e6).toFixed(1)} MB\n`);
}
