// Builds static/vendor anew: `make vendor`. A new version is a change of package.json and of the names in templates.
import { build } from "esbuild";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { dependencies } = JSON.parse(readFileSync("package.json"));
const out = "../static/vendor";

for (const name of readdirSync(out)) if (name !== "README.md") rmSync(`${out}/${name}`);

const plotly = `plotly-cascade-${dependencies["plotly.js"]}`;
await bundle("plotly.cjs", plotly, { format: "iife", define: { global: "window" } });
writeFileSync(`${out}/${plotly}.css`, plotlyStyles());

const drag = `drag-and-drop-${dependencies["@atlaskit/pragmatic-drag-and-drop"]}`;
await bundle("drag-and-drop.js", drag, { format: "esm" });

async function bundle(entry, name, options) {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile: `${out}/${name}.min.js`,
    bundle: true,
    minify: true,
    metafile: true,
    legalComments: "none",
    loader: { ".css": "empty" },
    target: "es2022",
    ...options,
  });
  writeFileSync(`${out}/${name}.LICENSES.txt`, licences(Object.keys(metafile.inputs)));
}

// Who wrote what is in a bundle, with the text of each licence.
function licences(inputs) {
  const folders = new Set(inputs.filter((path) => !path.endsWith(".css")).map((path) => path.match(/.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean));
  return [...folders]
    .sort()
    .map((folder) => {
      const about = JSON.parse(readFileSync(`${folder}/package.json`));
      const file = readdirSync(folder).find((name) => /^(licen[sc]e|copying)/i.test(name));
      const text = file ? readFileSync(`${folder}/${file}`, "utf8") : `Licence: ${about.license}`;
      return `${about.name} ${about.version} (${about.license})\n\n${text.trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

// Plotly writes its rules into a <style>, which `style-src 'self'` forbids; a stylesheet with the id
// plotly.js-style-global and the class no-inline-styles takes its place.
function plotlyStyles() {
  const source = readFileSync(require.resolve("plotly.js/build/plotcss.js"), "utf8");
  const rules = new Function(`${source.match(/var rules = \{[\s\S]*?\n\};/)[0]} return rules;`)();
  const names = { X: ".js-plotly-plot .plotly", Y: ".plotly-notifier" };
  return Object.entries(rules)
    .map(([selector, rule]) => `${selector.replace(/\b[XY]\b/g, (letter) => names[letter])} { ${rule} }\n`)
    .join("");
}
