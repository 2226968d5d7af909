/** What the page of a panel is made of; addresses as `asWebviewUri` gives them. */
export interface PageParts {
  readonly title: string;
  readonly script: string;
  readonly style: string;
  /** `webview.cspSource`. */
  readonly source: string;
  /** A new one for each page. */
  readonly nonce: string;
}

/**
 * The page that a panel starts with. Nothing of the user's is in it: data comes by message after
 * the page says `ready`. Scripts run by nonce only, and nothing is fetched.
 */
export function panelPage({ title, script, style, source, nonce }: PageParts): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    // Elements are placed by style attributes; style sheets come from the extension alone.
    `style-src ${source}`,
    `style-src-attr 'unsafe-inline'`,
    `img-src ${source} data:`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<main id="root"></main>
<script type="module" nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] ?? c);
