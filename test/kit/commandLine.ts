import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Ajv from 'ajv/dist/2019';
import { main } from '../../server/cli.ts';
import type { ExitCode } from '../../server/cli/fault.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { ModelFolder } from './onnxFiles.ts';

/** The sample that is bundled. */
export const sample = resolve(__dirname, '../../media/sample/sample.onnx');

/** What a command ended with and printed. */
export interface Said {
  readonly exit: ExitCode;
  readonly out: string;
  readonly err: string;
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(JSON.parse(readFileSync('schemas/cli.schema.json', 'utf8')) as object, 'cli');

/** Fails where an answer is not what schemas/cli.schema.json says of its verb. */
export function checkSchema(answer: Record<string, unknown>): void {
  const name = 'error' in answer ? 'failure' : String(answer['verb']);
  const validate = ajv.getSchema(`cli#/definitions/${name}`);
  assert.ok(validate, `the schema has no ${name}`);
  assert.ok(validate(answer), JSON.stringify(validate.errors?.slice(0, 3)));
}

/** The command line, run in this process, in a folder of the suite's own. */
export class CommandLine {
  readonly folder = new ModelFolder();

  /** Runs a command; words are taken apart at spaces, or given one by one. */
  async run(...words: readonly string[]): Promise<Said> {
    const split = words.length === 1 ? (words[0] ?? '').split(' ').filter(Boolean) : words;
    let out = '';
    let err = '';
    const exit = await main(split, {
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    return { exit, out, err };
  }

  /** Runs a command with `--json`; the answer has been held to the schema. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what a test reads of the answer is its to say
  async ask<Answer = Record<string, unknown>>(
    ...words: readonly string[]
  ): Promise<Said & { answer: Answer }> {
    const said = await this.run(...words, '--json');
    const answer = JSON.parse(said.out) as Record<string, unknown>;
    checkSchema(answer);
    return { ...said, answer: answer as Answer };
  }

  /** A model file of this graph. */
  model(graph: Graph, name?: string): string {
    return this.folder.file(encodeGraph(graph, []), name);
  }

  at(name: string): string {
    return this.folder.at(name);
  }
}

/** A command line for each `describe` that asks for one. */
export function commandLine(): CommandLine {
  const line = new CommandLine();
  after(() => line.folder.remove());
  return line;
}
