/** Colours and font of the theme, as a canvas takes them. */
export interface GraphTokens {
  readonly background: string;
  readonly foreground: string;
  readonly dim: string;
  readonly bad: string;
  readonly focus: string;
  readonly family: string;
  readonly isContrast: boolean;
}

/** Reads the tokens of the theme as it is now; what a theme leaves out has a stand-in. */
export function readTokens(element: Element): GraphTokens {
  const style = getComputedStyle(element);
  const token = (name: string, otherwise: string): string =>
    style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  const foreground = token('foreground', style.color);
  return {
    background: token('editor-background', style.backgroundColor),
    foreground,
    dim: token('descriptionForeground', foreground),
    bad: token('charts-red', foreground),
    focus: token('focusBorder', foreground),
    family: token('font-family', style.fontFamily),
    isContrast: document.body.classList.contains('vscode-high-contrast'),
  };
}

/** Calls back when VS Code has put another theme in place. */
export function watchTheme(changed: () => void): () => void {
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributeFilter: ['style', 'class'] });
  watch.observe(document.body, { attributeFilter: ['class', 'data-vscode-theme-kind'] });
  return () => watch.disconnect();
}
