import { Cancelled } from './core/job.ts';
import { unreachable } from './core/result.ts';
import { EngineFault } from './engines/engine.ts';
import { parseArguments, type Arguments } from './cli/arguments.ts';
import { envelope, failure, toJson, type Answer } from './cli/envelope.ts';
import { CommandFault, type ExitCode } from './cli/fault.ts';
import { helpText } from './cli/help.ts';
import { terminalJob, type ProgressLine } from './cli/progress.ts';
import { BadData } from './data/samples.ts';
import { writeAtomically } from './data/writeAtomically.ts';
import { absorb } from './cli/verbs/absorb.ts';
import { analyze } from './cli/verbs/analyze.ts';
import { clear } from './cli/verbs/clear.ts';
import { equalize } from './cli/verbs/equalize.ts';
import { exportModel } from './cli/verbs/export.ts';
import { fold } from './cli/verbs/fold.ts';
import { repair } from './cli/verbs/repair.ts';
import { run } from './cli/verbs/run.ts';
import { Workplace } from './cli/workplace.ts';
import { WrongOption } from './runSteps.ts';
import { version } from './version.ts';

const verbs: Readonly<Record<string, (place: Workplace) => Promise<Answer>>> = {
  analyze,
  run,
  fold,
  clear,
  equalize,
  absorb,
  repair,
  export: exportModel,
};

/** Where a command prints: results, messages, and progress where somebody watches. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly progress?: ProgressLine;
}

/** Runs the command line, prints its answer, and gives the exit code. */
export async function main(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const began = performance.now();
  let given: Arguments;
  try {
    given = parseArguments(words);
  } catch (thrown) {
    const verb = words.find((word) => !word.startsWith('-')) ?? '';
    return fail(terminal, verb, words.includes('--json') ? true : undefined, thrown);
  }
  if (given.options.has('version')) return say(terminal, version);
  if (given.options.has('help')) return say(terminal, helpText(given.verb));

  let isStopped = false;
  process.once('SIGINT', () => (isStopped = true));
  process.once('SIGTERM', () => (isStopped = true));
  const isQuiet = given.options.has('quiet');
  const job = terminalJob(isQuiet ? undefined : terminal.progress, () => isStopped);
  const log = (line: string): void => {
    if (given.options.has('verbose')) terminal.err(`${line}\n`);
  };
  const place = new Workplace(given, job, log);
  try {
    const verb = verbs[given.verb];
    if (!verb) throw new CommandFault(2, 'usage', `unknown verb "${given.verb}"`);
    const answer = await verb(place);
    job.end();
    await report(terminal, place, answer, (performance.now() - began) / 1000);
    return answer.exit ?? 0;
  } catch (thrown) {
    job.end();
    return await fail(terminal, given.verb, given.options.get('json'), thrown);
  } finally {
    place.close();
  }
}

async function report(
  terminal: Terminal,
  place: Workplace,
  answer: Answer,
  seconds: number,
): Promise<void> {
  const json = place.given.options.get('json');
  if (json !== undefined) {
    await printJson(terminal, envelope(place, answer, seconds), json);
    if (json === true) return;
  }
  if (place.given.options.has('quiet')) return;
  const notes = place.issues.map((issue) => `${issue.severity}: ${issue.message}`);
  terminal.out([...answer.text, ...notes].join('\n') + '\n');
}

/** A failure to standard error, and to JSON where that was asked for. */
async function fail(
  terminal: Terminal,
  verb: string,
  json: string | true | undefined,
  thrown: unknown,
): Promise<ExitCode> {
  const fault = faultOf(thrown);
  if (json !== undefined) await printJson(terminal, failure(verb, fault), json);
  const remedy = fault.remedy === undefined ? '' : `\n${fault.remedy}`;
  terminal.err(`rangefinder${verb === '' ? '' : ` ${verb}`}: ${fault.message}${remedy}\n`);
  if (fault.exit === 5 && thrown instanceof Error) terminal.err(`${thrown.stack ?? ''}\n`);
  return fault.exit;
}

async function printJson(terminal: Terminal, value: object, file: string | true): Promise<void> {
  const text = `${toJson(value)}\n`;
  if (file === true) terminal.out(text);
  else await writeAtomically(file, (append) => append(new TextEncoder().encode(text)));
}

function faultOf(thrown: unknown): CommandFault {
  if (thrown instanceof CommandFault) return thrown;
  if (thrown instanceof Cancelled) return new CommandFault(130, 'stopped', 'stopped');
  if (thrown instanceof WrongOption) return new CommandFault(2, 'usage', thrown.message);
  if (thrown instanceof EngineFault) return fromEngine(thrown);
  if (thrown instanceof BadData) {
    return new CommandFault(3, thrown.code, thrown.message, thrown.where, thrown.remedy);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CommandFault(5, 'internal', `a bug of ours: ${message}`);
}

function fromEngine(fault: EngineFault): CommandFault {
  switch (fault.code) {
    case 'cannot-load':
    case 'cannot-run':
      return new CommandFault(4, fault.code, fault.message, fault.where);
    case 'died':
    case 'not-available':
      return new CommandFault(5, fault.code, fault.message, fault.where);
    default:
      return unreachable(fault.code);
  }
}

function say(terminal: Terminal, text: string): 0 {
  terminal.out(`${text}\n`);
  return 0;
}

if (require.main === module) {
  const terminal: Terminal = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    progress: process.stderr,
  };
  void main(process.argv.slice(2), terminal).then((code) => {
    process.exitCode = code;
  });
}
