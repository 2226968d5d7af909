#!/usr/bin/env node
/**
 * Stands in for the VS Code executable: given to @vscode/test-electron as vscodeExecutablePath. It
 * understands the arguments that are passed and runs the suite in code-server's extension host.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeArea } from './host.mjs';
import { runInHost } from './inHost.mjs';

const value = (name) =>
  process.argv.filter((a) => a.startsWith(`--${name}=`)).map((a) => a.slice(name.length + 3));
const [testsPath] = value('extensionTestsPath');
const folder = process.argv.slice(2).find((a) => !a.startsWith('-'));
if (!testsPath) {
  console.error('codeShim: only --extensionTestsPath runs are supported');
  process.exit(2);
}
const area = makeArea({ fixture: folder ? resolve(folder) : undefined });
const passed = /^(RANGEFINDER_|VSCODE_TEST_|NODE_V8_COVERAGE$|MOCHA_)/;
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => passed.test(k)));
const noise =
  /^(Resolv|Creating a socket|\[(reconnection|AccountPolicy|AgentHost|Service Worker)|Ignoring fetching|Updating additional)/;
const out = process.env.RANGEFINDER_OUT ?? area.out;
mkdirSync(out, { recursive: true });
const code = await runInHost({
  area,
  out,
  env,
  folder: area.ws,
  testsPath,
  devPaths: value('extensionDevelopmentPath'),
  limit: Number(process.env.RANGEFINDER_LIMIT_MS ?? 1_200_000),
  onConsole: (type, text) => {
    if (process.env.RANGEFINDER_VERBOSE && !noise.test(text)) console.log(text);
  },
});
if (process.env.RANGEFINDER_KEEP) console.log(area.dir);
else area.remove();
process.exit(code);
