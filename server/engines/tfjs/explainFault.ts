import { EngineFault } from '../engine.ts';

/** What TensorFlow.js threw, as a fault that names the layer. */
export function explainFault(
  code: 'cannot-load' | 'cannot-run',
  thrown: unknown,
  topology = '',
): EngineFault {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const className = /Unknown layer: ?(\w+)/.exec(text)?.[1];
  if (className !== undefined) {
    const names = layersOfClass(topology, className);
    const which = names.length > 0 ? ` ("${names.slice(0, 3).join('", "')}")` : '';
    const message = `TensorFlow.js has no layer ${className}${which}, so it cannot run the model.`;
    return new EngineFault(code, message, names[0] ?? className);
  }
  const kernel = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(text);
  if (kernel) {
    const message = `TensorFlow.js has no ${kernel[1]} for its backend ${kernel[2]}, so it cannot run the model.`;
    return new EngineFault(code, message, kernel[1]);
  }
  const line = text.replace(/\s+/g, ' ').trim();
  const short = line.length > 400 ? `${line.slice(0, 400)}...` : line;
  return new EngineFault(code, `TensorFlow.js says: ${short}`);
}

/** Names of the layers of a class, in the JSON of an architecture. */
function layersOfClass(topology: string, className: string): string[] {
  const names: string[] = [];
  JSON.parse(topology || '{}', (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const { class_name: own, config } = value as { class_name?: unknown; config?: unknown };
    const name = (config as { name?: unknown } | undefined)?.name;
    if (own === className && typeof name === 'string') names.push(name);
    return value;
  });
  return names;
}
