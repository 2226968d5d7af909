import { strict as assert } from 'node:assert';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { api, closeAll, file, open, until, untilSeen } from './window.ts';

/** `.npy` of so many samples for `net.onnx`. */
function array(count: number, seed: number): Buffer {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, 3, 12, 12), }`;
  const line = `${head.padEnd(117)}\n`;
  const values = Float32Array.from({ length: count * 432 }, (_, i) => Math.sin(i * 0.37 + seed));
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, line.length, 0]);
  return Buffer.concat([magic, Buffer.from(line, 'latin1'), Buffer.from(values.buffer)]);
}

const configuration = (bitwidth: number, more = ''): string => `{
  "defaults": {
    "ops": { "is_output_quantized": "True" }, "params": { "is_quantized": "True" },
    "supported_kernels": [{
      "activation": { "bitwidth": 8, "dtype": "int" },
      "param": { "bitwidth": ${bitwidth}, "dtype": "int" }
    }]
  },
  "params": {}, "op_type": {${more}}, "supergroups": [], "model_input": {}, "model_output": {}
}`;

const folder = 'beside';
const model = `${folder}/net.onnx`;
const put = (name: string, content: string | Buffer): void =>
  writeFileSync(file(`${folder}/${name}`).fsPath, content);
const sqnrOf = ({ state }: ModelDocument): unknown =>
  state?.evaluation?.rows.find((row) => row.state === 'now')?.sqnrDb;
/** What was measured, where it is of now. */
const measured = (document: ModelDocument): unknown =>
  document.state?.measuring === undefined && document.state?.evaluation?.isStale === false
    ? sqnrOf(document)
    : undefined;

describe('files beside an open model that change on disk', () => {
  const outside = join(tmpdir(), `rangefinder-outside-${process.pid}`);
  beforeEach(() => {
    mkdirSync(file(folder).fsPath, { recursive: true });
    mkdirSync(outside, { recursive: true });
    copyFileSync(file('net.onnx').fsPath, file(model).fsPath);
  });
  afterEach(async () => {
    await closeAll();
    rmSync(file(folder).fsPath, { recursive: true, force: true });
    rmSync(outside, { recursive: true, force: true });
  });

  it('samples are opened and measured again, also outside of the workspace', async () => {
    for (const path of [file(`${folder}/data.npy`).fsPath, join(outside, 'data.npy')]) {
      writeFileSync(path, array(12, 1));
      const document = await open(model);
      assert.ok(await document.data.choose({ path }));
      await document.data.measure(false);
      const before = await until('it is measured', () => measured(document));
      assert.match(document.state?.data?.label ?? '', / 3 \+ 3 \+ 6/);
      await untilSeen(
        'other samples are open',
        () => writeFileSync(path, array(20, 5)),
        () => document.state?.data?.label.includes(' 5 + 5 + 10'),
      );
      const after = await until('they are measured', () => {
        const now = measured(document);
        return now !== before && now;
      });
      assert.notEqual(after, before);
      assert.equal(document.isDirty, false);
      await closeAll();
    }
  });

  it('samples that were not there yet are opened when they come', async () => {
    put('rangefinder.json', '{ "data": "later.npy" }');
    const document = await open(model);
    assert.equal(document.state?.data, undefined);
    await untilSeen(
      'they are open',
      () => put('later.npy', array(12, 1)),
      () => document.state?.data?.label.includes('later.npy'),
    );
  });

  it('the quantsim configuration that rangefinder.json names is read again, right or wrong', async () => {
    put('hw.json', configuration(8));
    put('rangefinder.json', '{\n  "target": "hw.json"\n}');
    const document = await open(model);
    const bits = (): number | undefined => document.state?.target.weightBits;
    const isFile = (): boolean => document.state?.target.placement.endsWith('hw.json') === true;
    assert.deepEqual([bits(), isFile()], [8, true]);
    await untilSeen(
      'its bits are obeyed',
      () => put('hw.json', configuration(4)),
      () => bits() === 4,
    );
    const faults = (): readonly vscode.Diagnostic[] =>
      vscode.languages.getDiagnostics(file(`${folder}/rangefinder.json`));
    await untilSeen(
      'what is wrong in it is listed',
      () => put('hw.json', '{ "defaults": 3 }'),
      () => faults().some(({ range }) => range.start.line === 1),
    );
    await until('the settings are obeyed', () => !isFile());
    await untilSeen(
      'it is obeyed again',
      () => put('hw.json', configuration(16)),
      () => bits() === 16 && isFile(),
    );
    await until('nothing is listed any more', () => faults().length === 0);
  });

  it('what was measured follows a picked configuration also where its bits are the same', async () => {
    put('hw.json', configuration(8));
    put('data.npy', array(12, 1));
    const document = await open(model);
    const { server } = await api();
    const { readTarget } = await import('../../../server/protocol/requests.ts');
    const { fsPath } = file(`${folder}/hw.json`);
    await document.setTarget(await server.ask(readTarget, { path: fsPath }));
    assert.ok(await document.data.choose({ path: file(`${folder}/data.npy`).fsPath }));
    await document.data.measure(false);
    const before = await until('it is measured', () => measured(document));
    await untilSeen(
      'it is measured again',
      () => put('hw.json', configuration(8, '"Conv": { "is_output_quantized": "False" }')),
      () => {
        const now = measured(document);
        return now !== undefined && now !== before;
      },
    );
    assert.ok(document.state);
    await document.setTarget({
      ...document.state.target,
      profile: 'default',
      placement: 'default',
    });
  });
});
