import { err, ok, type Result } from '../result.ts';
import type { RangeMethod, Target } from '../quant/targets.ts';
import type { EncodingSet, TensorEncoding } from '../quant/tensorEncoding.ts';
import type { EncodingsVersion } from './encodingsFile.ts';
import { zeroPointOf } from './levels.ts';

/** What a file says besides its encodings. */
export interface WriteEncodingsOptions {
  readonly version: EncodingsVersion;
  /** The target that they were made for, for `quantizer_args`. */
  readonly target: Target;
  readonly producer: { readonly package: string; readonly version: string };
}

/** Why encodings cannot be written, with a stable code. */
export interface WriteEncodingsFault {
  readonly code: 'cannot-express';
  readonly message: string;
  readonly where: string;
}

/** Widths of the integer types that version 2 has names for. */
const namedWidths: ReadonlySet<number> = new Set([2, 4, 8, 16, 32]);

/**
 * The text of a `.encodings` file, an entry a line. Versions before 2 have no entries for biases of
 * 32 bits, as AIMET writes them; version 2 refuses widths that its types have no name for.
 */
export function writeEncodings(
  encodings: EncodingSet,
  { version, target, producer }: WriteEncodingsOptions,
): Result<string, WriteEncodingsFault> {
  const all = [...encodings.values()];
  if (version === '2.0.0' || version === '2.1.0') {
    const odd = all.find(({ grids }) => !namedWidths.has(grids.bits));
    if (odd) return err(refused(odd, version));
    return ok(fileText({ version, encodings: all.map(typedEntry), producer }));
  }
  const activations = all.filter(({ kind }) => kind === 'activation');
  const parameters = all.filter(({ kind, grids }) => kind !== 'activation' && grids.bits < 32);
  const list = (some: readonly TensorEncoding[]): unknown =>
    version === '1.0.0'
      ? some.map(listedEntry)
      : Object.fromEntries(some.map((one) => [one.tensor, channelEntries(one)]));
  return ok(
    fileText({
      version,
      activation_encodings: list(activations),
      param_encodings: list(parameters),
      quantizer_args: quantizerArguments(target),
      producer,
    }),
  );
}

function listedEntry({ tensor, axis, isSymmetric, grids }: TensorEncoding): object {
  return {
    name: tensor,
    enc_type: axis === undefined ? 'PER_TENSOR' : 'PER_CHANNEL',
    dtype: 'INT',
    bw: grids.bits,
    is_sym: isSymmetric,
    scale: [...grids.scale],
    offset: [...grids.lowest].map(whole),
  };
}

function channelEntries({ isSymmetric, grids }: TensorEncoding): object[] {
  return Array.from(grids.scale, (scale, c) => {
    const [lowest, highest] = [whole(grids.lowest[c] ?? 0), whole(grids.highest[c] ?? 0)];
    return {
      bitwidth: grids.bits,
      dtype: 'int',
      is_symmetric: isSymmetric ? 'True' : 'False',
      max: highest * scale,
      min: whole(lowest * scale),
      offset: lowest,
      scale,
    };
  });
}

function typedEntry({ tensor, axis, isSymmetric, grids }: TensorEncoding): object {
  const points = Array.from(grids.lowest, (lowest, c) =>
    zeroPointOf(grids.bits, isSymmetric, { lowest, highest: grids.highest[c] ?? 0 }),
  );
  const isSigned = points[0]?.isSigned === true;
  const zeros = points.map(({ zeroPoint }) => whole(zeroPoint));
  const alone = axis === undefined;
  return {
    name: tensor,
    output_dtype: `${isSigned ? '' : 'u'}int${grids.bits}`,
    y_scale: alone ? grids.scale[0] : [...grids.scale],
    ...(zeros.every((zero) => zero === 0) ? {} : { y_zero_point: alone ? zeros[0] : zeros }),
    ...(alone ? {} : { axis }),
  };
}

/** Without the sign of a zero. */
const whole = (value: number): number => value + 0;

function quantizerArguments(target: Target): object {
  const { weightBits, activationBits, symmetry, granularity, weightRange } = target;
  return {
    activation_bitwidth: activationBits === 'float' ? 32 : activationBits,
    param_bitwidth: weightBits,
    dtype: 'int',
    is_symmetric: symmetry !== 'asymmetric',
    per_channel_quantization: granularity === 'channel',
    quant_scheme: schemeOf(weightRange),
  };
}

/** Range finders as AIMET calls them, ours as we do. */
function schemeOf(range: RangeMethod): string {
  if (range === 'minmax') return 'min_max';
  return range.startsWith('tf_enhanced') ? 'post_training_tf_enhanced' : range;
}

const refused = ({ tensor, grids }: TensorEncoding, version: string): WriteEncodingsFault => ({
  code: 'cannot-express',
  message: `Version ${version} has no type for ${grids.bits} bits ("${tensor}"): write version 1.0.0.`,
  where: tensor,
});

/** JSON with one entry of each list or map on a line. */
function fileText(file: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(file).map(([key, value]) => `  ${quoted(key)}: ${partText(value)}`);
  return `{\n${parts.join(',\n')}\n}\n`;
}

function partText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const lines = Array.isArray(value)
    ? value.map((item) => `    ${JSON.stringify(item)}`)
    : Object.entries(value).map(([key, item]) => `    ${quoted(key)}: ${JSON.stringify(item)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(',\n')}\n  ${close}`;
}

const quoted = (text: string): string => JSON.stringify(text);
