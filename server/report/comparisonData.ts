import type { ComparedPair, ComparisonInput } from './comparisonInput.ts';
import { countsOf } from './comparisonVerdict.ts';
import { csvText, type Cell } from './csv.ts';
import { jsonText, noteFields, samplesFields } from './jsonReport.ts';

/** Everything that the page says, as data; `schemas/report.schema.json` says what each field is. */
export const comparisonJson = (input: ComparisonInput): string =>
  jsonText({
    rangefinder: input.version,
    report: 'comparison',
    madeBy: input.madeBy,
    origin: input.origin,
    sides: input.sides.map(({ title, words, file, isQuantized }) => ({
      title,
      words,
      file,
      isQuantized,
    })),
    isPreview: input.isPreview,
    target: input.target,
    targetLabel: input.targetLabel,
    verdict: input.verdict,
    seed: input.seed,
    settings: input.settings,
    samples: samplesFields(input),
    figure: input.figure,
    isUnlike: input.isUnlike,
    words: input.words,
    counts: countsOf(input),
    remarks: input.remarks,
    evaluation: input.evaluation,
    layers: input.pairs.map(pairFields),
    unmatched: input.unmatched,
    notes: noteFields(input),
  });

/** A row for each pair, then one for each layer that only one of the two has. */
export const comparisonCsv = ({ pairs, unmatched }: ComparisonInput): string =>
  csvText(comparisonColumns, [
    ...pairs.map(pairFields),
    ...unmatched.first.map((name) => ({ name, match: 'only-first' })),
    ...unmatched.second.map((otherName) => ({ otherName, match: 'only-second' })),
  ]);

/** The columns of the CSV, in order; the JSON has the same names. */
export const comparisonColumns = [
  'name',
  'otherName',
  'operator',
  'match',
  'change',
  'firstDb',
  'secondDb',
  'gainDb',
  'apartDb',
  'maxAbs',
  'biasApartDb',
  'outputDb',
  'weightsDb',
  'activationsDb',
  'holdsBack',
] as const;

const pairFields = (pair: ComparedPair): Record<(typeof comparisonColumns)[number], Cell> => ({
  name: pair.name,
  otherName: pair.otherName,
  operator: pair.operator,
  match: pair.match,
  change: pair.change,
  firstDb: pair.first,
  secondDb: pair.second,
  gainDb: pair.gain,
  apartDb: pair.apart,
  maxAbs: pair.maxAbs,
  biasApartDb: pair.biasApart,
  outputDb: pair.output,
  weightsDb: pair.weights,
  activationsDb: pair.activations,
  holdsBack: pair.holds,
});
