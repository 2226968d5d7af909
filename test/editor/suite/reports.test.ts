import { strict as assert } from 'node:assert';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { closeAll, file, open, run, untilApplied } from './window.ts';

/** Writes a report; gives what is told of a failure. */
async function report(document: ModelDocument, name: string): Promise<string> {
  const told: string[] = [];
  const listening = document.onNotice((notice) => {
    if (notice.kind === 'failed') told.push(`${notice.fault.code}: ${notice.fault.message}`);
  });
  const notes = await document.data.exportTo(file(name), { kind: 'report' });
  listening.dispose();
  assert.equal(notes === undefined, told.length > 0);
  return told.join('\n');
}

describe('a report', () => {
  afterEach(async () => {
    await closeAll();
    for (const name of ['reported.onnx', 'reported.html'])
      rmSync(file(name).fsPath, { force: true });
  });

  it('is whole where the file of the model is deleted while it is made', async () => {
    cpSync(file('net.onnx').fsPath, file('reported.onnx').fsPath);
    const document = await open('reported.onnx');
    // What was wrong before is measured for the report alone.
    await run('rangefinder.foldBatchNorms');
    await untilApplied(document, 'fold');
    const deleting = document.onJob(() => rmSync(document.uri.fsPath, { force: true }));
    assert.equal(await report(document, 'reported.html'), '');
    deleting.dispose();
    assert.ok(!existsSync(document.uri.fsPath));
    const page = readFileSync(file('reported.html').fsPath, 'utf8');
    assert.match(page, /<\/html>\s*$/);
    for (const { name } of document.state?.layers ?? []) assert.ok(page.includes(name), name);
  });

  it('is refused where there is no folder for it, and makes none', async () => {
    const document = await open('net.onnx');
    const before = readdirSync(file('.').fsPath);
    assert.match(await report(document, 'none/report.html'), /^not-found: The folder of .*none/);
    assert.match(await report(document, 'notes.txt/report.html'), /^not-found: The folder of/);
    assert.deepEqual(readdirSync(file('.').fsPath), before);
  });
});
