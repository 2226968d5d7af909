import { meant } from '../cli/nearest.ts';
import type { EncodingsFile, FileEncoding, FileGrid } from '../core/encodings/encodingsFile.ts';
import { PlannedEntries, type PlannedModel } from '../core/encodings/plannedEntries.ts';
import { memberOf, type JsonNode } from '../core/json/jsonTree.ts';
import type { TextProblem } from '../core/json/textProblem.ts';
import type { Quantizer } from '../core/quant/plan.ts';
import { wiringOf } from '../core/graph/wiring.ts';

/** How a file of encodings fits a model. */
export interface EncodingsCheck {
  readonly problems: readonly TextProblem[];
  /** Tensors that the target rounds and the file has no entry for. */
  readonly missing: readonly string[];
  /** Entries for tensors that the model does not have. */
  readonly unknown: readonly string[];
  readonly matched: number;
}

/** So many unknown names get a suggestion: finding one takes longer than all other checks. */
const mostSuggestions = 20;

/** So many missing tensors are named in one message. */
const mostNamed = 5;

/**
 * Holds a file of encodings against a model: entries for what it does not have (with the nearest
 * name that has no entry) or does not round, tensors without an entry, axes, lengths, bits and signs that differ from
 * the target's. What makes no grid at all was said when the file was read.
 */
export function checkEncodings(file: EncodingsFile, model: PlannedModel): EncodingsCheck {
  return new Checker(file, model).check();
}

class Checker {
  readonly #planned: PlannedEntries;
  readonly #problems: TextProblem[] = [];
  readonly #unknown: FileEncoding[] = [];
  readonly #matched = new Set<string>();
  readonly #reasons: ReadonlyMap<string, string>;

  constructor(
    private readonly file: EncodingsFile,
    private readonly model: PlannedModel,
  ) {
    this.#planned = new PlannedEntries(model);
    this.#reasons = new Map(model.plan.unquantized.map((one) => [one.tensor, one.reason]));
  }

  check(): EncodingsCheck {
    for (const entry of this.file.entries) {
      const quantizer = this.#planned.quantizerOf(entry.name);
      if (quantizer) {
        this.#matched.add(quantizer.tensor);
        this.#checkEntry(entry, quantizer);
      } else if (this.#isKnown(entry.name)) this.#sayUnrounded(entry);
      else this.#unknown.push(entry);
    }
    this.#sayUnknown();
    return {
      problems: this.#problems,
      missing: this.#sayMissing(),
      unknown: this.#unknown.map(({ name }) => name),
      matched: this.#matched.size,
    };
  }

  #checkEntry(entry: FileEncoding, quantizer: Quantizer): void {
    const { grid, parts, section, namePlace, name } = entry;
    const isValue = quantizer.kind === 'activation';
    if (section !== undefined && (section === 'activation') !== isValue) {
      const text = isValue
        ? 'a value that flows, not a parameter'
        : 'a parameter, not an activation';
      this.#add(
        namePlace,
        'wrong-list',
        'error',
        `"${name}" is ${text}: it stands in the wrong list.`,
      );
    }
    if (!grid) {
      if (entry.type.startsWith('float')) this.#sayFloat(entry, quantizer);
      return;
    }
    if (grid.bits !== quantizer.format.bits) {
      const text = `"${name}" has ${grid.bits} bits here, and ${quantizer.format.bits} at the target.`;
      this.#add(parts.bits ?? namePlace, 'wrong-bits', 'warning', text);
    }
    this.#checkSigns(entry, grid, quantizer);
    if (grid.blockSize !== undefined) {
      const text = `"${name}" has scales for blocks of ${grid.blockSize}, which are not simulated here.`;
      this.#add(parts.scale ?? namePlace, 'blocks', 'warning', text);
    } else this.#checkLength(entry, grid, quantizer);
  }

  #checkSigns(
    { name, parts, namePlace }: FileEncoding,
    grid: FileGrid,
    quantizer: Quantizer,
  ): void {
    const wanted = quantizer.format.symmetry;
    // unsigned integers with zero point 0 are what an unsigned symmetric grid looks like
    const isEither = grid.lowest.every((level) => level === 0);
    if (isEither || grid.isSymmetric === (wanted !== 'asymmetric')) return;
    const text = `"${name}" is ${grid.isSymmetric ? 'symmetric' : 'asymmetric'} here, and ${wanted} at the target.`;
    this.#add(parts.offset ?? namePlace, 'wrong-symmetry', 'info', text);
  }

  #checkLength(
    { name, parts, namePlace }: FileEncoding,
    grid: FileGrid,
    quantizer: Quantizer,
  ): void {
    const count = grid.scale.length;
    const place = parts.scale ?? namePlace;
    const channels = this.#planned.channelAxis(quantizer);
    if (count === 1) {
      const wanted =
        quantizer.axis === undefined ? 1 : this.#planned.lengthOf(quantizer, quantizer.axis);
      if (wanted === undefined || wanted === 1) return;
      const text = `"${name}" has one scale here, and one for each of ${wanted} channels at the target.`;
      this.#add(place, 'one-scale', 'warning', text);
      return;
    }
    if (quantizer.kind === 'activation' || channels === undefined) {
      const text = `"${name}" has ${count} scales: ${quantizer.kind === 'activation' ? 'a value that flows' : 'this tensor'} has one.`;
      this.#add(place, 'wrong-length', 'error', text);
      return;
    }
    const stated = grid.axis === undefined ? channels : this.#planned.ownAxis(quantizer, grid.axis);
    const wanted = this.#planned.lengthOf(quantizer, channels);
    if (stated !== channels) {
      const text = `"${name}" has its output channels on axis ${channels}, not ${grid.axis}.`;
      this.#add(parts.axis ?? place, 'wrong-axis', 'error', text);
    } else if (wanted !== count) {
      const text = `"${name}" has ${count} scales for ${wanted} output channels.`;
      this.#add(place, 'wrong-length', 'error', text);
    } else if (quantizer.axis === undefined) {
      const text = `"${name}" has a scale for each channel here, and one for all at the target.`;
      this.#add(place, 'many-scales', 'warning', text);
    }
  }

  #sayFloat({ name, type, parts, namePlace }: FileEncoding, { format }: Quantizer): void {
    const text = `"${name}" stays in ${type} here, and has ${format.bits} bits at the target.`;
    this.#add(parts.bits ?? namePlace, 'float-entry', 'info', text);
  }

  /** True for names of the model that have no quantizer. */
  #isKnown(name: string): boolean {
    const { graph } = this.model;
    const plain = name.replace(/:0$/, '');
    return [name, plain].some(
      (one) =>
        this.#reasons.has(one) || graph.tensors.has(one) || wiringOf(graph).useCount(one) > 0,
    );
  }

  #sayUnrounded({ name, namePlace }: FileEncoding): void {
    const reason = this.#reasons.get(name) ?? this.#reasons.get(name.replace(/:0$/, ''));
    // AIMET writes such values in version 2, with the grid of what goes in
    if (reason?.includes('only moves values') === true) return;
    const text = `"${name}" is not rounded at this target. ${reason ?? ''}`.trimEnd();
    this.#add(namePlace, 'not-rounded', 'info', text);
  }

  #sayUnknown(): void {
    const { entries, root } = this.file;
    const isOther = entries.length > 1 && this.#unknown.length > entries.length / 2;
    if (isOther) {
      const text = `${this.#unknown.length} of ${entries.length} names are not in this model: these are the encodings of another one.`;
      const place = { start: root.start, end: root.start + 1 };
      this.#add(place, 'other-model', 'error', text);
    }
    const open = this.model.plan.quantizers
      .map(({ tensor }) => tensor)
      .filter((tensor) => !this.#matched.has(tensor));
    for (const [at, { name, namePlace }] of this.#unknown.entries()) {
      const hint = !isOther && at < mostSuggestions ? meant(name, similar(name, open)) : '';
      this.#add(namePlace, 'unknown-tensor', 'error', `The model has no "${name}"${hint || '.'}`);
    }
  }

  /** Tensors that stay without an entry; biases do in most files, by design. */
  #sayMissing(): string[] {
    const { root } = this.file;
    const missing = this.model.plan.quantizers.filter(
      ({ tensor, kind }) => kind !== 'bias' && !this.#matched.has(tensor),
    );
    for (const [section, some] of this.#sections(missing)) {
      if (some.length === 0) continue;
      const node = memberOf(root, section) ?? root;
      const names = some.slice(0, mostNamed).map(({ tensor }) => `"${tensor}"`);
      const more = some.length > mostNamed ? ` and ${some.length - mostNamed} more` : '';
      const text = `No encoding for ${names.join(', ')}${more}: rounded at the target, float by this file.`;
      this.#add({ start: node.start, end: node.start + 1 }, 'missing', 'warning', text);
    }
    return missing.map(({ tensor }) => tensor);
  }

  #sections(missing: readonly Quantizer[]): (readonly [string, readonly Quantizer[]])[] {
    if (this.file.version.startsWith('2')) return [['encodings', missing]];
    const isValue = ({ kind }: Quantizer): boolean => kind === 'activation';
    return [
      ['activation_encodings', missing.filter(isValue)],
      ['param_encodings', missing.filter((one) => !isValue(one))],
    ];
  }

  #add(
    place: Pick<JsonNode, 'start' | 'end'>,
    code: TextProblem['code'],
    severity: TextProblem['severity'],
    message: string,
  ): void {
    const { position } = this.file;
    this.#problems.push({
      code,
      severity,
      message,
      ...position(place.start),
      end: position(place.end),
    });
  }
}

/** Names that are near enough in length to be meant: `nearest` takes up to a third off. */
const similar = (name: string, known: readonly string[]): string[] =>
  known.filter((one) => Math.abs(one.length - name.length) <= Math.max(1, name.length / 3));
