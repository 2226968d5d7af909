import { EngineFault } from '../engine.ts';
import { notEnoughMemory } from '../outOfMemory.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly say: (groups: Readonly<Record<string, string | undefined>>) => {
    readonly message: string;
    readonly where?: string | undefined;
  };
}

/** Texts of ONNX Runtime 1.30, most telling first. Group names are the rule's own. */
const rules: readonly Rule[] = [
  {
    pattern: /(?:(?<domain>[\w.-]+):)?(?<op>[\w.]+)\(-?\d+\) is not a registered function\/op/,
    say: ({ domain, op }) => ({
      message: `ONNX Runtime has no operator ${op ?? ''}${domain ? ` of the domain ${domain}` : ''}, so the model cannot be run here. Its weights can still be looked at and corrected.`,
      where: domain ? `${domain}:${op ?? ''}` : op,
    }),
  },
  {
    pattern: /No Op registered for (?<op>\w+) with domain_version of (?<opset>\d+)/,
    say: ({ op, opset }) => ({
      message: `ONNX Runtime has no operator ${op ?? ''} in opset ${opset ?? ''}, so the model cannot be run here. Its weights can still be looked at and corrected.`,
      where: op,
    }),
  },
  {
    pattern:
      /Could not find an implementation for (?<op>[\w.]+)\((?<since>\d+)\) node with name '(?<node>[^']*)'/,
    say: ({ op, node }) => ({
      message: `ONNX Runtime cannot run ${op ?? ''} "${node ?? ''}" on this machine: there is no implementation for its element types.`,
      where: node || op,
    }),
  },
  {
    pattern:
      /Type '(?<type>[^']*)' of input parameter \((?<value>[^)]*)\) of operator \((?<op>[^)]*)\) in node \((?<node>[^)]*)\) is invalid/,
    say: ({ type, value, op, node }) => ({
      message: `${op ?? ''} "${node ?? ''}" does not take ${type ?? ''}, which is the type of its input "${value ?? ''}".`,
      where: node || op,
    }),
  },
  {
    pattern: /Current official support for domain (?<domain>\S+) is till opset (?<top>\d+)/,
    say: ({ domain, top }) => ({
      message: `The model needs a newer opset of ${domain ?? ''} than ONNX Runtime knows (up to ${top ?? ''}), so it cannot be run here.`,
    }),
  },
  {
    pattern: /Unsupported model IR version: (?<version>\d+), max supported IR version: (?<top>\d+)/,
    say: ({ version, top }) => ({
      message: `The model has IR version ${version ?? ''}; ONNX Runtime knows versions up to ${top ?? ''}, so it cannot be run here.`,
    }),
  },
  {
    pattern: /two nodes with same node name \((?<node>.*)\)/,
    say: ({ node }) => ({
      message: `Two nodes are called "${node ?? ''}"; ONNX Runtime refuses such a model.`,
      where: node,
    }),
  },
  {
    pattern:
      /External data path validation failed for initializer: (?<tensor>.+?)\. Error: (?<why>.*)/s,
    say: ({ tensor, why }) => ({
      message: `The data of "${tensor ?? ''}" cannot be loaded: ${withoutSource(why ?? '')}`,
      where: tensor,
    }),
  },
  {
    pattern: /while running (?<op>\S+) node\. Name:'(?<node>[^']*)' Status Message: (?<why>.*)/s,
    say: ({ op, node, why }) => ({
      message: `${op ?? ''} "${node ?? ''}" failed: ${withoutSource(why ?? '')}`,
      where: node || op,
    }),
  },
  {
    pattern: /protobuf parsing failed/i,
    say: () => ({ message: 'ONNX Runtime cannot read the model: it is not valid protobuf.' }),
  },
  {
    pattern: /graph is not acyclic/,
    say: () => ({ message: 'The graph has a cycle, so it cannot be run.' }),
  },
  {
    pattern: /Failed to allocate memory|bad_alloc|Array buffer allocation failed/i,
    say: () => ({ message: notEnoughMemory }),
  },
];

/** What ONNX Runtime said, as a fault with the operator, node or tensor it named. */
export function explainFault(code: 'cannot-load' | 'cannot-run', text: string): EngineFault {
  for (const rule of rules) {
    const match = rule.pattern.exec(text);
    if (!match) continue;
    const { message, where } = rule.say(match.groups ?? {});
    return new EngineFault(code, message, where);
  }
  return new EngineFault(code, `ONNX Runtime says: ${withoutSource(text)}`);
}

/** One line, without the places in ONNX Runtime's own source that its texts begin with. */
function withoutSource(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/^(?:Error: )?\S+\.(?:h|cc|cpp):\d+ /, '')
    .replace(/^(?:[\w:]+ )?onnxruntime::\S+\(.*?\) /, '')
    .trim();
  return line.length > 400 ? `${line.slice(0, 400)}...` : line;
}
