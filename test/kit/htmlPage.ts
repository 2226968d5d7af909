import assert from 'node:assert/strict';
import { defaultTreeAdapter as tree, parse, type DefaultTreeAdapterTypes as Tree } from 'parse5';

/** A page taken apart by the HTML standard's own algorithm. */
export class HtmlPage {
  readonly #document: Tree.Document;
  readonly elements: readonly Tree.Element[];

  /** Fails where the page is not what the standard allows. */
  constructor(text: string) {
    const faults: string[] = [];
    const onParseError = ({ code, startLine }: { code: string; startLine: number }): void =>
      void faults.push(`${code} in line ${startLine}`);
    this.#document = parse(text, { sourceCodeLocationInfo: true, onParseError });
    assert.deepEqual(faults, []);
    this.elements = elementsIn(this.#document);
  }

  all(tag: string): Tree.Element[] {
    return this.elements.filter(({ tagName }) => tagName === tag);
  }

  /** Texts of the cells of a table, row by row, its head left out. */
  rows(className: string): string[][] {
    const table = this.all('table').find((one) => attribute(one, 'class') === className);
    assert.ok(table, className);
    const [body] = elementsIn(table).filter(({ tagName }) => tagName === 'tbody');
    return tree
      .getChildNodes(body ?? table)
      .filter((row) => tree.isElementNode(row))
      .map((row) => row.childNodes.filter((cell) => tree.isElementNode(cell)).map(textOf));
  }
}

export const attribute = ({ attrs }: Tree.Element, name: string): string | undefined =>
  attrs.find((one) => one.name === name)?.value;

/** The text of an element, spaces joined; what SVG says in a title is left out. */
export function textOf(node: Tree.Node): string {
  if (tree.isTextNode(node)) return node.value;
  if (!('childNodes' in node) || ('tagName' in node && node.tagName === 'title')) return '';
  return node.childNodes.map(textOf).join('').replace(/\s+/g, ' ').trim();
}

function elementsIn(node: Tree.ParentNode): Tree.Element[] {
  return node.childNodes.flatMap((child) =>
    tree.isElementNode(child) ? [child, ...elementsIn(child)] : [],
  );
}
