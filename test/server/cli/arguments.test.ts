import assert from 'node:assert/strict';
import { parseArguments } from '../../../server/cli/arguments.ts';
import { CommandFault } from '../../../server/cli/fault.ts';

const parse = (text: string): ReturnType<typeof parseArguments> =>
  parseArguments(text.split(' ').filter(Boolean));

describe('parseArguments', () => {
  it('takes options before and after the model, with a space or an equals sign', () => {
    const { verb, model, options } = parse(
      'equalize --bits=4 m.onnx --passes converge -o out.onnx --force',
    );
    assert.equal(verb, 'equalize');
    assert.equal(model, 'm.onnx');
    assert.deepEqual(
      [...options],
      [
        ['bits', '4'],
        ['passes', 'converge'],
        ['output', 'out.onnx'],
        ['force', true],
      ],
    );
  });

  it('takes a file for --json only behind the model, so that the model is never written over', () => {
    assert.equal(parse('analyze --json m.onnx').model, 'm.onnx');
    assert.equal(parse('analyze --json m.onnx').options.get('json'), true);
    assert.equal(parse('analyze m.onnx --json out.json').options.get('json'), 'out.json');
    assert.equal(parse('analyze m.onnx --json --bits 4').options.get('json'), true);
  });

  const refused = [
    { line: '', exit: 2, code: 'usage', says: /no verb given/ },
    { line: 'fix m.onnx', exit: 2, code: 'usage', says: /unknown verb "fix"; there are/ },
    { line: 'equalise m.onnx', exit: 2, code: 'usage', says: /did you mean equalize\? There are/ },
    { line: 'flod m.onnx', exit: 2, code: 'usage', says: /did you mean fold\?/ },
    { line: 'fold m.onnx --bist 4', exit: 2, code: 'usage', says: /did you mean --bits\?$/ },
    { line: 'fold m.onnx --zzz', exit: 2, code: 'usage', says: /unknown option --zzz$/ },
    { line: 'help folt', exit: 2, code: 'usage', says: /did you mean fold\?/ },
    { line: 'help fold clear', exit: 2, code: 'usage', says: /"clear" is too many/ },
    { line: 'compare a.onnx b.onnx c.onnx', exit: 2, code: 'usage', says: /"c.onnx" is too many/ },
    { line: 'fold m.onnx --speed', exit: 2, code: 'usage', says: /unknown option --speed/ },
    {
      line: 'fold m.onnx --reference r.onnx',
      exit: 2,
      code: 'usage',
      says: /fold has no option --reference/,
    },
    {
      line: 'analyze m.onnx -o x.onnx',
      exit: 2,
      code: 'usage',
      says: /analyze has no option --output/,
    },
    { line: 'fold m.onnx n.onnx', exit: 2, code: 'usage', says: /"n.onnx" is too many/ },
    { line: 'fold m.onnx -o', exit: 2, code: 'usage', says: /--output needs FILE/ },
    { line: 'fold m.onnx --force --force', exit: 2, code: 'usage', says: /twice/ },
    { line: 'fold m.onnx --force=yes', exit: 2, code: 'usage', says: /takes no value/ },
  ];
  for (const { line, exit, code, says } of refused) {
    it(`refuses "${line}"`, () => {
      assert.throws(
        () => parse(line),
        (thrown) =>
          thrown instanceof CommandFault &&
          thrown.exit === exit &&
          thrown.code === code &&
          says.test(thrown.message),
      );
    });
  }
});
