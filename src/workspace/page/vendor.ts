/**
 * The packages that the page loads in the browser as they are, without a bundler: what is asked for below `/vendor/<name>/`
 * is that package's folder in node_modules. index.html's import map names the files.
 */
export const vendored: Readonly<Record<string, string>> = {
  preact: 'preact',
  marked: 'marked',
  lato: '@fontsource/lato',
};
