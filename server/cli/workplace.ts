import { dirname, extname, resolve, sep } from 'node:path';
import { correctionKey, formatCorrection, parseCorrection } from '../correctionNote.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { isQuantizedModel } from '../core/quant/quantizedModel.ts';
import { createEngine } from '../createEngine.ts';
import type { Engine } from '../engines/engine.ts';
import { engineChoices } from '../engines/chosenEngine.ts';
import { notLayers } from '../engines/tfjs/tfjs.ts';
import type { FormatIssue, ModelDocument } from '../formats/format.ts';
import { openDocument } from '../formats/index.ts';
import type { StepContext } from '../runSteps.ts';
import type { Arguments } from './arguments.ts';
import { CommandFault, fromFormat } from './fault.ts';
import { checkThere } from './missingFile.ts';
import {
  checkChartsFolder,
  checkJsonFile,
  checkOutput,
  checkReportFile,
  modelEndings,
} from './outputFiles.ts';
import { chosenSettings, type ChosenSettings } from '../settingsFile.ts';
import { unsoundness } from '../unsoundGraph.ts';
import { Settings } from './settings.ts';
import { settingsIssues } from './settingsIssues.ts';
import { targetIssues } from './targetIssues.ts';
import { corrections } from './verbGroups.ts';

/** What a verb works with: the open model, the engine, the options, and what it has to say. */
export class Workplace {
  readonly settings: Settings;
  readonly issues: FormatIssue[] = [];
  #document: ModelDocument | undefined;
  #engine: Engine | undefined;
  readonly #releases: (() => void)[] = [];

  constructor(
    readonly given: Arguments,
    readonly job: Job,
    private readonly log: (line: string) => void,
  ) {
    this.settings = new Settings(given);
  }

  /** The model named on the command line, opened. */
  async open(): Promise<ModelDocument> {
    if (this.#document) return this.#document;
    const { model } = this.given;
    if (model === undefined) {
      const remedy = `rangefinder ${this.given.verb} --help lists the options`;
      throw new CommandFault(2, 'usage', 'name a model file', undefined, remedy);
    }
    checkThere(model, { is: 'the model' });
    const opened = await openDocument(resolve(model), this.job);
    if (!opened.ok)
      throw fromFormat(opened.error, opened.error.code === 'not-supported-yet' ? 4 : 3);
    this.#document = opened.value;
    this.issues.push(...opened.value.issues, ...settingsIssues(model));
    // What runs the float network only has no target.
    if (this.given.verb !== 'run')
      this.issues.push(...targetIssues(this.settings.target(), opened.value.graph));
    return opened.value;
  }

  get document(): ModelDocument | undefined {
    return this.#document;
  }

  /** The engine that --engine names; refuses one that cannot run the model. */
  engine(): Engine {
    const choice = this.settings.choice('engine', engineChoices, 'auto');
    if (choice === 'tfjs' && !this.isLayersModel()) {
      throw new CommandFault(4, 'not-supported', notLayers, this.given.model);
    }
    const threads = this.settings.integer('threads', 1, 256, 0);
    this.#engine ??= createEngine({
      engine: choice,
      threads,
      nativeFolders: this.#nativeFolders(),
      log: this.log,
    });
    return this.#engine;
  }

  /** A Keras or TF.js layers model is open, which TensorFlow.js can run as well. */
  isLayersModel(): boolean {
    return ['keras-h5', 'keras', 'tfjs'].includes(this.#document?.info.format ?? '');
  }

  /** Where an installed TensorFlow is looked for: here, and from the model on upwards if it is here. */
  #nativeFolders(): string[] {
    const here = process.cwd();
    const folder = dirname(resolve(this.given.model ?? ''));
    return folder.startsWith(`${here}${sep}`) ? [folder, here] : [here];
  }

  /**
   * The graph that corrections start from. One that is to become ONNX may have a bound for each
   * channel, whatever format it was read from; where it may not, caps that were asked for are
   * refused.
   */
  graphToCorrect({ graph }: ModelDocument): Graph {
    if (!graph.lacksChannelCaps) return graph;
    const path = this.outputPath();
    const wantsCaps = this.settings.text('relu6') === 'cap';
    const isOnnx = path !== undefined && extname(path).toLowerCase() === '.onnx';
    if (isOnnx || (wantsCaps && path === undefined))
      return { ...graph, lacksChannelCaps: false, fixed: new Set(), lacksBias: new Set() };
    if (!wantsCaps) return graph;
    throw new CommandFault(
      4,
      'cannot-express',
      '--relu6 cap: Keras has no layer with an upper bound for each channel',
      path,
      'save as .onnx, which holds the exact bounds; or give --relu6 relu, which is not exact, or leave --relu6 out',
    );
  }

  /** What corrections work with; refuses a model that they make no sense on. */
  async stepContext(): Promise<StepContext> {
    const document = await this.open();
    if (isQuantizedModel(document.graph)) {
      const text =
        'the model is quantized already: its weights are on an integer grid, and corrections need the float weights';
      const remedy = 'take the float model that it was made from; analyze shows this one';
      throw new CommandFault(4, 'quantized', text, document.path, remedy);
    }
    return {
      document,
      ...(this.settings.has('no-proof')
        ? { engine: undefined, whyNoEngine: 'a proof was not asked for (--no-proof)' }
        : { engine: this.engine() }),
      seed: this.settings.integer('seed', 0, 2 ** 31 - 1, 1),
      target: this.settings.target(),
    };
  }

  /** `--pairs`, else the pairs of the model's `rangefinder.json`. */
  pairs(): readonly (readonly [string, string])[] {
    const given = this.settings.pairs('pairs');
    return given.length > 0 ? given : this.#chosen().pairs;
  }

  /** `--sets` and `--pairs`, else the sets of the model's `rangefinder.json`. */
  sets(): readonly (readonly string[])[] {
    const { settings } = this;
    const sets = settings.list('sets', ';').map((set) => set.split(',').map((name) => name.trim()));
    const given = [...settings.pairs('pairs'), ...sets];
    return given.length > 0 ? given : this.#chosen().sets;
  }

  #chosen(): ChosenSettings {
    const { model } = this.given;
    return model === undefined ? { pairs: [], sets: [] } : chosenSettings(model);
  }

  /** Where the model goes; undefined: nowhere. Refuses early what would lose something. */
  outputPath(endings = modelEndings(this.given.model ?? '')): string | undefined {
    const { settings } = this;
    const output = settings.text('output');
    if (settings.has('in-place')) {
      if (output !== undefined)
        throw new CommandFault(2, 'usage', '--in-place and --output exclude each other');
      return resolve(this.given.model ?? '');
    }
    if (output === undefined) return undefined;
    const model = corrections.includes(this.given.verb) ? this.given.model : undefined;
    return checkOutput({ given: output, endings, mayReplace: settings.has('force'), model });
  }

  /** Where the JSON goes, if to a file. */
  jsonFile(): string | undefined {
    const file = this.settings.text('json');
    if (file === undefined) return undefined;
    const { settings } = this;
    const taken = [this.given.model, ...['output', 'data', 'labels'].map((o) => settings.text(o))];
    return checkJsonFile(
      file,
      taken.filter((one) => one !== undefined),
    );
  }

  /** Where the report goes, if one was asked for. Refuses early what could not be written. */
  reportFile(): string | undefined {
    const file = this.settings.text('report');
    if (file === undefined) return undefined;
    const { settings } = this;
    const taken = [
      this.given.model,
      this.given.other,
      ...['output', 'data', 'labels', 'json', 'reference'].map((o) => settings.text(o)),
    ];
    return checkReportFile(
      file,
      taken.filter((one) => one !== undefined),
    );
  }

  /** Where the charts go, if they were asked for. Refuses early what could not be written. */
  chartsFolder(): string | undefined {
    const folder = this.settings.text('charts');
    if (folder !== undefined) return checkChartsFolder(folder);
    if (!this.settings.has('charts-as')) return undefined;
    const text = '--charts-as says what --charts writes, and is nothing without it';
    throw new CommandFault(2, 'usage', text, undefined, 'give --charts FOLDER as well');
  }

  /** A step was taken back because of a bug of ours. */
  get hasRolledBack(): boolean {
    return this.issues.some(({ code }) => code === 'rolled-back');
  }

  /** Writes the graph where `-o` or `--in-place` says; nothing without either. */
  async save(graph: Graph, notes: ReadonlyMap<string, string>): Promise<string | undefined> {
    const path = this.outputPath();
    const document = this.#document;
    if (path === undefined || !document) return undefined;
    const fault = unsoundness(graph, document.graph);
    if (fault !== undefined) throw new Error(`the result is broken, and was not written: ${fault}`);
    const written = await document.write(graph, path, this.#withoutStale(graph, notes), this.job);
    if (!written.ok) throw fromFormat(written.error, 4);
    if (written.value === document) return path;
    const known = new Set(this.issues.map(({ message }) => message));
    this.issues.push(...written.value.issues.filter(({ message }) => !known.has(message)));
    written.value.dispose();
    return path;
  }

  /**
   * The notes, where those of an earlier bias correction say for which grid it is and no more once its
   * old biases do not belong to the graph: bringing them back would break it.
   */
  #withoutStale(graph: Graph, notes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const document = this.#document;
    const noted = parseCorrection(document?.info.metadata.get(correctionKey));
    const isSame =
      graph.nodes === document?.graph.nodes && graph.tensors === document.graph.tensors;
    if (!noted || noted.former.length === 0 || notes.has(correctionKey) || isSame) return notes;
    const message =
      'The biases from before the correction that the file had do not fit it any more, and are not kept: correct --remove has nothing to bring back.';
    this.issues.push({ code: 'correction-forgotten', severity: 'warning', message });
    return new Map(notes).set(correctionKey, formatCorrection({ ...noted, former: [] }));
  }

  /** Something to release when the command ends. */
  onClose(release: () => void): void {
    this.#releases.push(release);
  }

  close(): void {
    for (const release of this.#releases) release();
    this.#engine?.dispose();
    this.#document?.dispose();
  }
}
