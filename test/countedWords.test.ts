import assert from 'node:assert/strict';
import { proofText } from '../server/cli/verbs/steps.ts';
import { samplesText } from '../server/cli/samplesText.ts';
import type { PlaceSamples } from '../server/cli/samples.ts';
import { defaultTarget } from '../server/core/quant/targets.ts';
import type { ProofState } from '../server/protocol/model.ts';
import { comparisonVerdict } from '../server/report/comparisonVerdict.ts';
import { htmlReport } from '../server/report/htmlReport.ts';
import type { Measurement } from '../server/session/measurer.ts';
import type { Proof } from '../server/steps.ts';
import { dataFindings } from '../server/toWire/dataFindings.ts';
import { evaluationOf, type Judgement } from '../server/toWire/evaluation.ts';
import { fileRecordOf } from '../server/toWire/fileRecord.ts';
import { countText } from '../server/core/reports/words.ts';
import { activityWords } from '../server/protocol/activity.ts';
import { proofHeadline } from '../server/toWire/proofWords.ts';
import { reportOf } from '../src/report.ts';
import { evaluationHeadline, pairedInWords } from '../webview/panels/model/evaluationModel.ts';
import { checkedInWords } from '../webview/panels/model/findingsModel.ts';
import { proofInWords } from '../webview/panels/model/proofModel.ts';
import { HtmlPage, textOf } from './kit/htmlPage.ts';
import { layerRow, modelState } from './src/modelStates.ts';
import { comparedPair, comparisonInput } from './server/report/comparisonInputs.ts';
import { reportInput } from './server/report/reportInputs.ts';

const nouns = `answer bias channel change chart encoding input label layer node output point probe
  record sample set step value weight way`.split(/\s+/);
const plurals = nouns.map((noun) => (noun === 'bias' ? 'biases' : `${noun}s`));
/** Verbs by what one of something does, and what several do. */
const verbs = `is are was were has have does do says say decides decide gives give keeps keep
  differs differ calibrates calibrate corrects correct judges judge rounds round`.split(/\s+/);
const [one, many] = [0, 1].map((at) => verbs.filter((_, i) => i % 2 === at));
const any = (words: readonly string[] | undefined): string => `(?:${words?.join('|')})`;
/** Words between a number and what it counts: `1 changed channel`, `1 step of 1 exact`. */
const between = '(?:(?:more|changed|dead|synthetic|probe|other) )*';

const faults = [
  new RegExp(`(?<![\\d.,·–…−]|\\d )\\b1 ${between}${any(plurals)}\\b`),
  new RegExp(`(?<![\\d.,·–…−])\\b[02] ${between}${any(nouns)}\\b(?! )(?!s)`),
  new RegExp(`(?<![\\d.,·–…−])\\b[02] ${between}${any(nouns)} `),
  new RegExp(`(?<![\\d.,·–…−])\\b1 ${between}(?:${any(nouns)} )?${any(many)}\\b`),
  new RegExp(`(?<![\\d.,·–…−])\\b[02] ${between}(?:${any(plurals)} )?${any(one)}\\b`),
];

function check(said: string): void {
  // Of what is counted the last word says how many there are.
  const text = said.replaceAll('probe input', 'input');
  for (const fault of faults) {
    const found = fault.exec(text);
    if (found)
      assert.fail(`${found[0]}: ${text.slice(Math.max(0, found.index - 80), found.index + 120)}`);
  }
}

/** So many samples, of which so many are right now only, and so many as opened only. */
function judged(samples: number, hasLabels: boolean, isSynthetic: boolean): Judgement {
  const index = Array.from({ length: samples + 3 }, (_, at) => at);
  const scores = (right: number): object => ({
    quantized: {
      sqnrDb: 10,
      cosine: 1,
      mse: 0,
      ...(hasLabels
        ? { accuracy: { top1: 0.5, isRight: index.map((at) => at < right) } }
        : { agreement: 0.5 }),
      samples: { index, sumSquaredReference: index, sumSquaredError: index },
    },
    ...(hasLabels ? { float: { top1: 0.8, isRight: index.map((at) => at < 2 * samples) } } : {}),
    samples,
    failures: Array.from({ length: samples }, (_, at) => ({ index: at, reason: 'It is broken.' })),
  });
  return {
    opened: { scores: scores(0) },
    now: { scores: scores(samples) },
    data: { samples: { source: 'here' }, isSynthetic, isShared: false },
    target: defaultTarget,
    isStale: false,
  } as unknown as Judgement;
}

const proofOf = (count: number, more: Partial<Proof> = {}): Proof => ({
  exercised: true,
  activeChannels: count,
  changedChannels: 2 * count,
  samples: count,
  source: 'synthetic, seed 1',
  seed: 1,
  maxAbs: 2e-6,
  maxRel: 8e-7,
  tolerance: 1e-4,
  exact: true,
  values: [],
  ...more,
});
const stateOf = (count: number, more: Partial<Proof> = {}): ProofState => ({
  step: 'Fold',
  ...proofOf(count, more),
});

/** What is said of this many of everything, by where it is said. */
const said: Readonly<Record<string, (count: number) => readonly string[]>> = {
  'the notes, the head and the paired tests of Proof': (count) =>
    [true, false].flatMap((hasLabels) =>
      [true, false].flatMap((isSynthetic) => {
        const state = evaluationOf(judged(count, hasLabels, isSynthetic));
        assert.ok(state);
        return [...state.notes, evaluationHeadline(state), pairedInWords(state) ?? ''];
      }),
    ),
  'what was run of a proof': (count) => [
    proofInWords(stateOf(count)),
    proofInWords(stateOf(count, { changedChannels: count })),
    proofInWords(stateOf(count, { changedChannels: count + 1 })),
    proofInWords(stateOf(count, { exercised: false })),
    proofInWords(stateOf(count, { note: 'For its grid.' })),
    proofHeadline(Array.from({ length: count }, () => stateOf(count))),
    proofHeadline([
      stateOf(1),
      ...Array.from({ length: count }, () => stateOf(1, { exact: false })),
    ]),
  ],
  'what was checked for findings': (count) => [
    checkedInWords({ ...modelState(), layers: rows(count) }),
  ],
  'the findings about samples': (count) => {
    const indices = { calibration: count, correction: count, judge: count };
    const list = Object.fromEntries(
      Object.entries(indices).map(([purpose, length]) => [purpose, new Array(length)]),
    );
    const overflows = Array.from({ length: count }, () => ({ layer: 'a', factor: 2, channels: 1 }));
    const notes = overflows.map(() => ({ code: 'constant-activation', message: 'It is 1.' }));
    const now = { calibration: { overflows, notes } };
    const data = { indices: list, samples: { count } };
    return dataFindings({ now, opened: now, data } as unknown as Measurement, []).flatMap(
      ({ title, text }) => [title, text],
    );
  },
  'the page of a report': (count) => {
    const input = reportInput();
    const page = htmlReport(
      reportInput({
        file: { ...input.file, nodeCount: count, parameterCount: count },
        layers: rows(count),
        findings: [],
        proofs: [stateOf(count), stateOf(count, { note: 'For its grid.' })],
        correction: { grid: 'W8', layers: count, words: '' },
        evaluation: {
          ...input.evaluation!,
          samples: count,
          pairedFloat: { onlyFloat: count, onlyNow: 0, p: 1 },
        },
        verdict: '',
        issues: [],
      }),
    );
    return [...new HtmlPage(page).all('p'), ...new HtmlPage(page).all('td')].map((one) =>
      textOf(one).replace(/\s+/g, ' '),
    );
  },
  'the report as text': (count) => [
    reportOf({
      ...modelState(),
      file: { ...modelState().file, nodeCount: count, parameterCount: count },
      proofs: [stateOf(count)],
    }),
  ],
  'the record of a file': (count) => [
    fileRecordOf(Array.from({ length: count }, () => ({ label: 'Fold', step: 'fold' })))?.words ??
      '',
  ],
  'the command line': (count) => [
    ...proofText(proofOf(count)),
    ...proofText(proofOf(count, { exact: false })),
    samplesText({
      samples: { count, source: 'here' },
      indices: { calibration: new Array(count), correction: [], judge: new Array(count) },
    } as unknown as PlaceSamples),
  ],
  'the verdict of a comparison': (count) => {
    const input = comparisonInput();
    return (['same', 'biases', 'rescaled', 'weights'] as const).flatMap((change) =>
      (['soFar', 'weights', 'apart'] as const).map((figure) =>
        comparisonVerdict({
          ...input,
          figure,
          pairs: Array.from({ length: count }, (_, at) => comparedPair(`l${at}`, { change })),
          unmatched: { first: [], second: [] },
          evaluation: { ...input.evaluation!, samples: count },
        }),
      ),
    );
  },
};

const rows = (count: number): ReturnType<typeof layerRow>[] =>
  Array.from({ length: count }, (_, at) => layerRow(at + 1, `l${at}`, 30));

describe('sentences with a count in them', () => {
  it('are told right from wrong here', () => {
    for (const text of [
      '1 samples',
      '1 of 1 layers',
      '2 sample are few',
      '0 layer',
      '1 sample decide',
      '2 samples says',
      '1 calibrate',
    ]) {
      assert.throws(() => check(text), text);
    }
    for (const text of [
      '1 sample decides',
      '2 samples',
      '1 of 2 layers',
      '21 layers',
      '1.1 points',
      '0 samples',
    ]) {
      check(text);
    }
  });

  for (const [where, words] of Object.entries(said)) {
    for (const count of [0, 1, 2]) {
      it(`are right for ${count}: ${where}`, () => {
        for (const text of words(count)) check(text);
      });
    }
  }

  it('say the same of the channels that a proof saw, in the panel and elsewhere', () => {
    for (const [active, all] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [0, 1],
      [1, 2],
      [1, 3],
      [1200, 2400],
    ] as const) {
      const proof = stateOf(4, { activeChannels: active, changedChannels: all });
      const [, ...words] = proofInWords(proof).split('seed 1. ');
      assert.deepEqual(words, activityWords(proof, countText));
    }
  });
});
