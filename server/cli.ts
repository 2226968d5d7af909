import { statSync } from 'node:fs';
import { helpFor, parseArguments, type Arguments } from './cli/arguments.ts';
import { envelope, failure, toJson, type Answer } from './cli/envelope.ts';
import { CommandFault, faultOf, fromFormat, stopped, type ExitCode } from './cli/fault.ts';
import { helpText } from './cli/help.ts';
import { terminalJob, type ProgressLine } from './cli/progress.ts';
import { writeAtomically } from './data/writeAtomically.ts';
import { absorb } from './cli/verbs/absorb.ts';
import { analyze } from './cli/verbs/analyze.ts';
import { calibrate } from './cli/verbs/calibrate.ts';
import { clear } from './cli/verbs/clear.ts';
import { compare } from './cli/verbs/compare.ts';
import { correct } from './cli/verbs/correct.ts';
import { encodings } from './cli/verbs/encodings.ts';
import { equalize } from './cli/verbs/equalize.ts';
import { evaluate } from './cli/verbs/evaluate.ts';
import { exportModel } from './cli/verbs/export.ts';
import { fold } from './cli/verbs/fold.ts';
import { measure } from './cli/verbs/measure.ts';
import { repair } from './cli/verbs/repair.ts';
import { run } from './cli/verbs/run.ts';
import { sensitivity } from './cli/verbs/sensitivity.ts';
import { chartsText, drawCharts, writeCharts } from './cli/charts.ts';
import { writing } from './cli/outputFiles.ts';
import { Workplace } from './cli/workplace.ts';
import { failedIssue, failsOn } from './cli/failOn.ts';
import { isComparison, type AnyReport } from './report/comparisonInput.ts';
import type { ReportOrigin } from './report/reportInput.ts';
import { filesOf, originOf } from './report/origin.ts';
import { writeReport } from './report/writeReport.ts';
import { version } from './version.ts';

const verbs: Readonly<Record<string, (place: Workplace) => Promise<Answer>>> = {
  analyze,
  run,
  fold,
  clear,
  equalize,
  absorb,
  correct,
  repair,
  export: exportModel,
  calibrate,
  measure,
  sensitivity,
  evaluate,
  compare,
  encodings,
};

/** Where a command prints: results, messages, and progress where somebody watches. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly progress?: ProgressLine;
  /** Calls `stop` when the user wants the command to end; gives what takes that back. */
  readonly onStop?: (stop: () => void) => () => void;
}

/** Runs the command line, prints its answer, and gives the exit code. */
export async function main(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const began = performance.now();
  let given: Arguments;
  try {
    given = parseArguments(words);
  } catch (thrown) {
    const verb = words.find((word) => !word.startsWith('-')) ?? '';
    const json = words.includes('--json') ? true : undefined;
    return fail(terminal, verb, json, withHelp(thrown, words));
  }
  if (given.options.has('version')) return say(terminal, version);
  if (given.options.has('help')) return say(terminal, helpText(given.verb));

  let isStopped = false;
  const release = terminal.onStop?.(() => (isStopped = true));
  const isQuiet = given.options.has('quiet');
  const job = terminalJob(isQuiet ? undefined : terminal.progress, () => isStopped);
  const log = (line: string): void => {
    if (given.options.has('verbose')) terminal.err(`${line}\n`);
  };
  const place = new Workplace(given, job, log);
  let json: string | true | undefined = given.options.has('json') ? true : undefined;
  try {
    json = place.jsonFile() ?? json;
    const page = place.reportFile();
    const folder = place.chartsFolder();
    const rule = place.settings.text('fail-on') ?? '';
    const whyFailed = failsOn(given.verb, place.settings.text('fail-on'));
    if (given.verb !== 'run') place.settings.target();
    const answer = await verbOf(given.verb)(place);
    job.end();
    const why = whyFailed(answer.fields, place.issues);
    if (why !== undefined) place.issues.push(failedIssue(rule, why));
    const exit = (answer.exit ?? 0) !== 0 || why === undefined ? (answer.exit ?? 0) : 1;
    const drawn =
      folder !== undefined && answer.report ? await drawCharts(answer.report, place) : [];
    if (page !== undefined && answer.report) await writePage(page, answer.report, place);
    const charts = folder === undefined ? undefined : await writeCharts(folder, drawn);
    const seconds = (performance.now() - began) / 1000;
    await report(terminal, place, answer, json, seconds, charts);
    return exit;
  } catch (thrown) {
    job.end();
    // A stop may show as something else: the engine that it ended, say.
    return await fail(
      terminal,
      given.verb,
      json,
      isStopped ? stopped() : withHelp(thrown, [given.verb]),
    );
  } finally {
    release?.();
    place.close();
  }
}

/** Wrong usage that does not say yet where to read on. */
function withHelp(thrown: unknown, words: readonly string[]): unknown {
  const fault = thrown instanceof Error ? faultOf(thrown) : undefined;
  if (fault?.code !== 'usage' || fault.remedy !== undefined) return thrown;
  return new CommandFault(fault.exit, fault.code, fault.message, fault.where, helpFor(words));
}

function verbOf(name: string): (place: Workplace) => Promise<Answer> {
  const verb = verbs[name];
  if (!verb) throw new CommandFault(2, 'usage', `unknown verb "${name}"`);
  return verb;
}

/** Writes what `--report` asks for, with everything that the command had to say. */
async function writePage(path: string, page: AnyReport, place: Workplace): Promise<void> {
  const said = place.issues.map(({ code, severity, message }) => ({ code, severity, message }));
  const issues = [...page.issues, ...said];
  const origin = page.origin ?? (await originOfPage(page, place));
  const written = await writeReport(path, { ...page, issues, ...(origin ? { origin } : {}) });
  if (!written.ok) throw fromFormat(written.error, 4);
}

/** The files as they lie on disk when all is done, the one that the command made among them. */
async function originOfPage(
  page: AnyReport,
  { document, settings, job }: Workplace,
): Promise<ReportOrigin | undefined> {
  if (!document) return undefined;
  const output = settings.text('output');
  const isThere = output !== undefined && statSync(output, { throwIfNoEntry: false })?.isFile();
  const made = isThere ? [{ path: output, role: 'written' as const }] : [];
  const isChanged = !isComparison(page) && page.changes.length > 0;
  const isUnsaved = isChanged && output === undefined && !settings.has('in-place');
  const state = { isUnsaved, isChangedOnDisk: false };
  return originOf([...filesOf(document), ...made], state, job);
}

async function report(
  terminal: Terminal,
  place: Workplace,
  answer: Answer,
  json: string | true | undefined,
  seconds: number,
  charts: readonly string[] | undefined,
): Promise<void> {
  if (json !== undefined) {
    await printJson(terminal, envelope(place, answer, seconds, charts), json);
    if (json === true) return;
  }
  if (place.given.options.has('quiet')) {
    for (const { severity, message } of place.issues) {
      if (severity === 'error') terminal.err(`rangefinder ${place.given.verb}: ${message}\n`);
    }
    return;
  }
  const told = (isFirst: boolean): string[] =>
    place.issues
      .filter(({ code }) => saidFirst.has(code) === isFirst)
      .map(({ severity, message }) => `${severity}: ${message}`);
  const lines = [...told(true), ...answer.text, ...chartsText(charts), ...told(false)];
  terminal.out(`${lines.join('\n')}\n`);
}

/** Who reads on without these takes the figures for what they are not. */
const saidFirst: ReadonlySet<string> = new Set([
  'bad-settings',
  'unfolded-batch-norms',
  'corrected-reference',
  'quantized-reference',
  'other-network',
  'unknown-operator',
  'float-at-chance',
]);

/** A failure to standard error, and to JSON where that was asked for. */
async function fail(
  terminal: Terminal,
  verb: string,
  json: string | true | undefined,
  thrown: unknown,
): Promise<ExitCode> {
  const fault = faultOf(thrown);
  if (json !== undefined) {
    // That the file cannot be written does not hide the fault itself.
    await printJson(terminal, failure(verb, fault), json).catch(() => undefined);
  }
  const remedy = fault.remedy === undefined ? '' : `\n${fault.remedy}`;
  terminal.err(`rangefinder${verb === '' ? '' : ` ${verb}`}: ${fault.message}${remedy}\n`);
  if (fault.exit === 5 && thrown instanceof Error) terminal.err(`${thrown.stack ?? ''}\n`);
  return fault.exit;
}

async function printJson(terminal: Terminal, value: object, file: string | true): Promise<void> {
  const text = `${toJson(value)}\n`;
  if (file === true) terminal.out(text);
  else {
    const bytes = new TextEncoder().encode(text);
    await writing(file, () => writeAtomically(file, (append) => append(bytes)));
  }
}

function say(terminal: Terminal, text: string): 0 {
  terminal.out(`${text}\n`);
  return 0;
}

if (require.main === module) {
  // Whoever reads our output may have had enough of it: `| head`.
  process.stdout.on('error', () => process.exit());
  const terminal: Terminal = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    progress: process.stderr,
    onStop: onSignal,
  };
  void main(process.argv.slice(2), terminal).then((code) => {
    process.exitCode = code;
  });
}

/** The first Ctrl+C stops in good order; the second at once. */
function onSignal(stop: () => void): () => void {
  let isAsked = false;
  const hear = (): void => {
    if (isAsked) process.exit(130);
    isAsked = true;
    stop();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, hear);
  return () => {
    for (const signal of signals) process.off(signal, hear);
  };
}
