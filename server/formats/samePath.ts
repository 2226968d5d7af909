import fs from 'node:fs';
import path from 'node:path';

/** True where both paths lead to one file, through links or not. */
export function isSamePath(a: string, b: string): boolean {
  const real = (name: string): string =>
    fs.existsSync(name) ? fs.realpathSync(name) : path.resolve(name);
  return real(a) === real(b);
}

/** The file that a link leads to; any other path as it is. */
export function realPath(file: string): string {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() && fs.existsSync(file) ? fs.realpathSync(file) : file;
}

/** True where a path lies in a folder, at any depth; links are not followed. */
export function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}
