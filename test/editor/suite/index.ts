/**
 * Entry point that VS Code's extension host calls (extensionTestsPath). RANGEFINDER_RESULTS names a
 * JSON-lines file that the runner outside reads: an exit code alone is not to be trusted.
 */
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';

/** Runs every test file beside this one. */
export async function run(): Promise<void> {
  const results = process.env['RANGEFINDER_RESULTS'];
  const emit = (event: object): void => {
    if (results) appendFileSync(results, `${JSON.stringify(event)}\n`);
  };
  emit({ event: 'host', node: process.version, vscode: vscode.version });
  const { default: Mocha } = await import('mocha');
  const grep = process.env['RANGEFINDER_GREP'];
  // Only what hangs takes that long: a slow machine must not fail a test.
  const mocha = new Mocha({ ui: 'bdd', timeout: 300_000, color: false, ...(grep ? { grep } : {}) });
  for (const file of readdirSync(__dirname).sort()) {
    if (file.endsWith('.test.js')) mocha.addFile(join(__dirname, file));
  }
  await mocha.loadFilesAsync();
  await new Promise<void>((done, fail) => {
    const runner = mocha.run((failures) => {
      emit({ event: 'end', failures });
      if (failures > 0) fail(new Error(`${failures} tests failed`));
      else done();
    });
    runner.on('pass', (test) =>
      emit({ event: 'pass', title: test.fullTitle(), ms: test.duration ?? 0 }),
    );
    runner.on('pending', (test) => emit({ event: 'skip', title: test.fullTitle() }));
    runner.on('fail', (test, error: Error) =>
      emit({ event: 'fail', title: test.fullTitle(), stack: error.stack ?? error.message }),
    );
  });
}
