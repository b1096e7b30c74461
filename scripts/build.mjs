/** `npm run build`: compiles the server, and bundles the page for the browser, into dist/. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root, run } from './ready.mjs';

const page = join(root, 'src/page');
const built = join(root, 'dist/page');

run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
rmSync(built, { recursive: true, force: true });

// One script for what every visit needs, and one for each screen that is loaded when it is looked at.
const bundle = await rolldown({
  input: ['main.ts', 'theme.ts'].map((name) => join(page, name)),
  platform: 'browser',
  tsconfig: join(root, 'tsconfig.page.json'),
});
// Its licence asks for it.
const require = createRequire(import.meta.url);
const [notice = ''] = readFileSync(require.resolve('uplot'), 'utf8').match(/\/\*\*.*?\*\//s) ?? [];
const postBanner = ({ name }) => (name === 'main' ? notice : '');
await bundle.write({
  dir: built,
  format: 'esm',
  minify: true,
  chunkFileNames: '[name].js',
  postBanner,
});
await bundle.close();

for (const name of ['index.html', 'icon.svg']) copyFileSync(join(page, name), join(built, name));

// All styles as one: those of the charts' package, then ours in the order in which page.css imports them.
const charts = require.resolve('uplot/dist/uPlot.min.css');
const sheets = join(page, 'styles');
const list = readFileSync(join(sheets, 'page.css'), 'utf8').matchAll(/^@import "\.\/([a-z-]+\.css)";$/gm);
const styles = [charts, ...[...list].map(([, name]) => join(sheets, name))];
writeFileSync(join(built, 'page.css'), styles.map((file) => readFileSync(file, 'utf8')).join('\n'));
