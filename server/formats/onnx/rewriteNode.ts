import { isDeepStrictEqual } from 'node:util';
import type { Attribute, Node } from '../../core/graph/graph.ts';
import { encodeAttribute } from './encode.ts';
import { Parts } from './parts.ts';
import { ATTRIBUTE, NODE } from './schema.ts';
import type { WireReader } from './wireReader.ts';
import { WireWriter } from './wireWriter.ts';

/**
 * The payload of a NodeProto after a change. Fields that say the same as before are copied, unknown
 * ones included; new ones stand where the old ones stood.
 */
export function rewriteNode(reader: WireReader, before: Node, after: Node): Parts {
  const out = new Parts();
  const pending = new Map<number, () => void>();
  const texts = (field: number, old: readonly string[], now: readonly string[]): void => {
    if (isDeepStrictEqual(old, now)) return;
    pending.set(field, () => {
      const writer = new WireWriter();
      for (const text of now) writer.text(field, text);
      out.fields(writer);
    });
  };
  const text = (field: number, old: string, now: string): void =>
    texts(field, [old], now === '' ? [] : [now]);
  texts(NODE.input, before.inputs, after.inputs);
  texts(NODE.output, before.outputs, after.outputs);
  if (before.name !== after.name) text(NODE.name, before.name, after.name);
  if (before.op !== after.op) text(NODE.opType, before.op, after.op);
  if (before.domain !== after.domain) text(NODE.domain, before.domain, after.domain);
  const replaced = new Set(pending.keys());

  const written = new Set<string>();
  while (reader.next()) {
    const { field } = reader;
    if (replaced.has(field)) {
      pending.get(field)?.();
      pending.delete(field);
    } else if (field === NODE.attribute) {
      const name = attributeName(reader.message('an attribute'));
      const now = after.attributes.get(name);
      if (!now || written.has(name)) continue;
      written.add(name);
      if (isSameAttribute(before.attributes.get(name), now)) out.copy(reader.start, reader.end);
      else addAttribute(out, name, now);
    } else out.copy(reader.start, reader.end);
  }
  for (const write of pending.values()) write();
  for (const [name, attribute] of after.attributes) {
    if (!written.has(name)) addAttribute(out, name, attribute);
  }
  return out;
}

function addAttribute(out: Parts, name: string, attribute: Attribute): void {
  if (attribute.kind === 'opaque') throw new Error(`cannot write the opaque attribute ${name}`);
  out.message(NODE.attribute, new Parts().fields(encodeAttribute(name, attribute)));
}

function isSameAttribute(before: Attribute | undefined, after: Attribute): boolean {
  if (before === after) return true;
  if (before?.kind === 'tensor' && after.kind === 'tensor') return before.value === after.value;
  return isDeepStrictEqual(before, after);
}

function attributeName(reader: WireReader): string {
  let name = '';
  while (reader.next()) if (reader.field === ATTRIBUTE.name) name = reader.text;
  return name;
}
