/**
 * A text of strangers (names of layers and files, and sentences that hold them) as Markdown that
 * shows just these letters, wherever in a line it stands. Markup, links and pictures are text, a
 * break of the line is a space, and what turns the direction of writing is shown as a character
 * that there is none for.
 */
export const markdownText = (text: string): string =>
  text
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(unshown, '\ufffd')
    .replace(/[\\`*_[\]<>|&~$#]/g, '\\$&')
    // Links that no brackets mark, and what starts a list, a rule or an underlined heading.
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/^( ?)([-+=])/, '$1\\$2')
    .replace(/^( ?\d+)([.)])(?=\s|$)/, '$1\\$2');

/** Control characters, halves of pairs, and what turns the direction of the letters after it. */
const unshown = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu;
