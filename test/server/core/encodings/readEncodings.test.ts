import assert from 'node:assert/strict';
import type { FileEncoding } from '../../../../server/core/encodings/encodingsFile.ts';
import { readEncodings } from '../../../../server/core/encodings/readEncodings.ts';

interface Read {
  readonly entries: readonly FileEncoding[];
  readonly problems: readonly (readonly [string, number, number])[];
}

function read(text: string): Read {
  const { file, problems } = readEncodings(text);
  return {
    entries: file?.entries ?? [],
    problems: problems.map(({ code, line, column }) => [code, line, column] as const),
  };
}

/** Scale, lowest and highest level of every channel. */
function gridOf(entry: FileEncoding | undefined): number[][] {
  const { grid } = entry ?? {};
  assert.ok(grid, `no grid for "${entry?.name}"`);
  return Array.from(grid.scale, (scale, c) => [
    scale,
    grid.lowest[c] ?? NaN,
    grid.highest[c] ?? NaN,
  ]);
}

const first = (entries: string): string => `{"version": "1.0.0",
"activation_encodings": [
${entries}
], "param_encodings": []}`;

const second = (entries: string, version = '2.0.0'): string =>
  `{"version": "${version}", "encodings": [\n${entries}\n]}`;

describe('readEncodings', () => {
  // the examples of algorithms.md 7.1 to 7.4, with their grids worked out by hand
  it('reads 0.6.1', () => {
    const { entries, problems } = read(`{"version": "0.6.1",
      "activation_encodings": {"conv1_out": [{"bitwidth": 8, "dtype": "int", "is_symmetric": "False",
        "min": -0.72, "max": 5.4, "scale": 0.024, "offset": -30}]},
      "param_encodings": {
        "conv1.weight": [{"bitwidth": 8, "dtype": "int", "is_symmetric": "True", "min": -0.512,
          "max": 0.508, "scale": 0.004, "offset": -128},
          {"bitwidth": 8, "dtype": "int", "is_symmetric": "True", "scale": 0.008, "offset": -127.0}],
        "fc.weight": [{"bitwidth": 16, "dtype": "float"}]}}`);
    assert.deepEqual(problems, []);
    assert.deepEqual(gridOf(entries[0]), [[0.024, -30, 225]]);
    // -127 with symmetric is a strict grid: as many levels above zero as below
    assert.deepEqual(gridOf(entries[1]), [
      [0.004, -128, 127],
      [0.008, -127, 127],
    ]);
    assert.deepEqual([entries[2]?.type, entries[2]?.grid], ['float16', undefined]);
    assert.deepEqual(
      entries.map(({ section, path }) => [section, path]),
      [
        ['activation', 'activation_encodings["conv1_out"]'],
        ['parameter', 'param_encodings["conv1.weight"]'],
        ['parameter', 'param_encodings["fc.weight"]'],
      ],
    );
  });

  it('reads 1.0.0', () => {
    const { entries, problems } = read(`{"version": "1.0.0",
      "activation_encodings": [{"name": "x", "enc_type": "PER_TENSOR", "dtype": "INT", "bw": 8,
        "is_sym": false, "scale": [0.02], "offset": [-12]},
        {"name": "h", "enc_type": "PER_TENSOR", "dtype": "FLOAT", "bw": 16}],
      "param_encodings": [{"name": "w", "enc_type": "PER_CHANNEL", "dtype": "INT", "bw": 8,
        "is_sym": true, "scale": [0.004, 0.009], "offset": [-128, -128]},
        {"name": "w4", "enc_type": "LPBQ", "dtype": "INT", "bw": 8, "is_sym": true,
         "scale": [0.5, 2], "offset": [-128, -128], "block_size": 32, "compressed_bw": 4,
         "per_block_int_scale": [3, 16, 9, 11]}]}`);
    assert.deepEqual(problems, []);
    assert.deepEqual(gridOf(entries[0]), [[0.02, -12, 243]]);
    assert.equal(entries[1]?.grid, undefined);
    assert.deepEqual(gridOf(entries[2]), [
      [0.004, -128, 127],
      [0.009, -128, 127],
    ]);
    assert.deepEqual(gridOf(entries[3]), [
      [1.5, -8, 7],
      [8, -8, 7],
      [18, -8, 7],
      [22, -8, 7],
    ]);
    assert.equal(entries[3]?.grid?.blockSize, 32);
  });

  it('reads 2.0.0 and 2.1.0', () => {
    const { entries, problems } = read(
      second(
        `{"name": "x", "output_dtype": "uint8", "y_scale": 0.02, "y_zero_point": 12},
         {"name": "w", "output_dtype": "int8", "y_scale": [0.004, 0.009], "axis": 0},
         {"name": "b", "output_dtype": "int32", "y_scale": [0.25, 0.5], "axis": 0},
         {"name": "wb", "output_dtype": "int4", "y_scale": [[0.01, 0.02], [0.03, 0.01]], "axis": 1,
          "block_size": 32},
         {"name": "l", "output_dtype": "int4", "per_block_int_scale": [[4, 9], [16, 2]],
          "per_channel_float_scale": [0.5, 0.25], "axis": 1, "block_size": 32},
         {"name": "f", "output_dtype": "float8e4m3fn", "y_scale": 1}`,
      ),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(gridOf(entries[0]), [[0.02, -12, 243]]);
    assert.deepEqual(entries[1]?.grid?.axis, 0);
    assert.deepEqual(gridOf(entries[1])[1], [0.009, -128, 127]);
    assert.deepEqual(gridOf(entries[2])[0], [0.25, -(2 ** 31), 2 ** 31 - 1]);
    assert.deepEqual([entries[3]?.grid?.scale.length, entries[3]?.grid?.blockSize], [4, 32]);
    assert.deepEqual([...(entries[4]?.grid?.scale ?? [])], [2, 4.5, 4, 0.5]);
    assert.deepEqual([entries[5]?.type, entries[5]?.grid], ['float8e4m3fn', undefined]);
    const latest = read(
      second(
        `{"name": "w", "output_dtype": "int4", "axis": 1, "block_size": 32,
          "y_scale": {"x": [[4, 9], [16, 2]], "x_scale": [0.5, 0.25], "axis": 0}}`,
        '2.1.0',
      ),
    );
    assert.deepEqual(latest.problems, []);
    assert.deepEqual([...(latest.entries[0]?.grid?.scale ?? [])], [2, 4.5, 4, 0.5]);
  });

  it('takes numbers for lists, booleans for strings, and tells the version by the lists', () => {
    const { entries, problems } = read(
      `{"param_encodings": {"w": {"bw": 4, "is_symmetric": true, "scale": 1, "offset": -8.0}}}`,
    );
    assert.deepEqual(problems, [['no-version', 1, 1]]);
    assert.deepEqual(gridOf(entries[0]), [[1, -8, 7]]);
    const other = read(
      first('{"name": "x", "bw": 8, "dtype": "int", "is_sym": "False", "scale": 1, "offset": -1}'),
    );
    assert.deepEqual(gridOf(other.entries[0]), [[1, -1, 254]]);
  });

  const int = '"enc_type": "PER_TENSOR", "dtype": "INT", "is_sym": false';
  const wrong: readonly (readonly [string, string, string, number, number])[] = [
    [
      'scale 0',
      first(`{"name": "x", ${int}, "bw": 8, "offset": [0], "scale": [0]}`),
      'bad-scale',
      3,
      108,
    ],
    [
      'NaN',
      first(`{"name": "x", ${int}, "bw": 8, "offset": [0], "scale": [NaN]}`),
      'bad-scale',
      3,
      108,
    ],
    [
      'below 0',
      first(`{"name": "x", ${int}, "bw": 8, "offset": [0], "scale": [-1]}`),
      'bad-scale',
      3,
      108,
    ],
    [
      'part of one',
      first(`{"name": "x", ${int}, "bw": 8, "scale": [1], "offset": [-1.5]}`),
      'not-whole',
      3,
      108,
    ],
    [
      'above 0',
      first(`{"name": "x", ${int}, "bw": 8, "scale": [1], "offset": [3]}`),
      'zero-off-grid',
      3,
      108,
    ],
    [
      'too low',
      first(`{"name": "x", ${int}, "bw": 8, "scale": [1], "offset": [-256]}`),
      'zero-off-grid',
      3,
      108,
    ],
    ['no bits', first(`{"name": "x", ${int}, "scale": [1], "offset": [0]}`), 'missing-field', 3, 1],
    [
      '1 bit',
      first(`{"name": "x", ${int}, "bw": 1, "scale": [1], "offset": [0]}`),
      'wrong-value',
      3,
      80,
    ],
    [
      'lengths',
      first(`{"name": "x", ${int}, "bw": 8, "scale": [1], "offset": [0, 0]}`),
      'bad-length',
      3,
      107,
    ],
    ['no name', first(`{"scale": [1]}`), 'missing-field', 3, 1],
    [
      'zero point',
      second('{"name": "x", "output_dtype": "uint8", "y_scale": 1, "y_zero_point": 256}'),
      'zero-off-grid',
      2,
      70,
    ],
    [
      'half a step',
      second('{"name": "x", "output_dtype": "int2", "y_scale": 1, "y_zero_point": -0.5}'),
      'not-understood',
      2,
      69,
    ],
    [
      'no axis',
      second('{"name": "x", "output_dtype": "int8", "y_scale": [1, 2]}'),
      'missing-field',
      2,
      1,
    ],
    ['type', second('{"name": "x", "output_dtype": "byte", "y_scale": 1}'), 'wrong-value', 2, 31],
    ['no lists', '{"version": "1.0.0"}', 'no-encodings', 1, 1],
    ['no JSON', '{"version": ', 'not-json', 1, 13],
  ];
  for (const [title, text, code, line, column] of wrong) {
    it(`says where it is wrong: ${title}`, () => {
      const { entries, problems } = read(text);
      assert.deepEqual(problems, [[code, line, column]]);
      assert.ok(entries.every(({ grid }) => grid === undefined));
    });
  }

  it('goes on from names given twice, other versions and ranges that disagree', () => {
    const entry = `{"bitwidth": 8, "is_symmetric": "False", "scale": 1, "offset": 0, "max": 200}`;
    const { entries, problems } = read(
      `{"version": "0.5.0", "activation_encodings": {},\n"param_encodings": {"w": [${entry}],\n"w": [${entry}]}}`,
    );
    assert.equal(entries.length, 2);
    assert.deepEqual(
      problems.map(([code]) => code),
      ['unknown-version', 'range-disagrees', 'range-disagrees', 'duplicate-name'],
    );
    assert.deepEqual(problems[3], ['duplicate-name', 3, 1]);
  });
});
