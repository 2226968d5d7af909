import assert from 'node:assert/strict';

/** An element of an XML document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** Text in it, that of its children left out. */
  text: string;
}

const token =
  /<\?xml version="1\.0" encoding="UTF-8"\?>|<\/([A-Za-z][\w-]*)\s*>|<([A-Za-z][\w-]*)((?:\s+[A-Za-z][\w:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

/** Reads XML as strictly as its standard asks: fails with the place of what is wrong. */
export function parseXml(text: string): XmlElement {
  // eslint-disable-next-line no-control-regex -- XML has no control characters
  assert.doesNotMatch(text, /[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/u);
  const root: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [root];
  token.lastIndex = 0;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const found = token.exec(text);
    assert.ok(found, `no XML at ${at}: ${text.slice(at, at + 60)}`);
    const [, closed, name, attributes = '', isEmpty, words] = found;
    const inner = open.at(-1)!;
    if (closed !== undefined) assert.equal(open.pop()?.name, closed, `closed at ${at}`);
    else if (name !== undefined) {
      const element = { name, attributes: attributesOf(attributes), children: [], text: '' };
      inner.children.push(element);
      if (isEmpty === '') open.push(element);
    } else if (words !== undefined) inner.text += plainText(words);
  }
  assert.equal(open.length, 1, 'an element is not closed');
  assert.equal(root.children.length, 1);
  assert.equal(root.text.trim(), '');
  return root.children[0]!;
}

/** All elements of a name, in their order. */
export const elementsOf = (element: XmlElement, name: string): XmlElement[] => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => elementsOf(child, name)),
];

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    assert.ok(!attributes.has(name), `${name} is given twice`);
    attributes.set(name, plainText(value));
  }
  return attributes;
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#96;': '`',
};

const plainText = (text: string): string =>
  text.replace(/&[^;]{0,8};?/g, (one) => {
    const found = entities[one];
    assert.ok(found, `${one} is no entity of XML`);
    return found;
  });
