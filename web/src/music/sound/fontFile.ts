// The file with the instruments: fetched with progress, and looked at before it is given to the synthesizer.
import { ApiError, offlineError } from "@/api/problem";

export const MOST_FONT_BYTES = 1_000_000_000;

/** What is wrong with a sound font's first bytes, in one sentence, or null. */
export function fontFault(bytes: ArrayBuffer, name: string): string | null {
  const text = (from: number) => String.fromCharCode(...new Uint8Array(bytes, from, 4));
  if (bytes.byteLength < 64) return `${name} is too short to be a sound font.`;
  if (text(0) !== "RIFF") return `${name} is not a sound font: it does not begin with RIFF.`;
  if (text(8) !== "sfbk")
    return `${name} is a RIFF file but not a sound font: it says "${text(8).trim()}" where "sfbk" belongs.`;
  const stated = new DataView(bytes).getUint32(4, true) + 8;
  if (stated > bytes.byteLength + 1) {
    return `${name} is cut off: it should have ${stated.toLocaleString("en")} bytes and has ${bytes.byteLength.toLocaleString("en")}.`;
  }
  return null;
}

export async function readOwnFont(file: File): Promise<ArrayBuffer> {
  const hint = "Choose an .sf2 or .sf3 file.";
  if (file.size > MOST_FONT_BYTES) {
    throw new ApiError(`${file.name} is larger than 1 GB.`, "Choose a smaller sound font.", -1, "sound_font");
  }
  const bytes = await file.arrayBuffer();
  const fault = fontFault(bytes, file.name);
  if (fault) throw new ApiError(fault, hint, -1, "sound_font");
  return bytes;
}

export async function fetchFont(
  url: string,
  size: number,
  onprogress: (share: number) => void,
): Promise<ArrayBuffer> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw offlineError();
  }
  if (!response.ok || !response.body) {
    const hint = "Build the pages again with `make web`, then reload.";
    throw new ApiError(
      "The instruments are missing from this installation.",
      hint,
      response.status,
      "sound_font",
    );
  }
  const bytes = new Uint8Array(size);
  let filled = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (filled + part.value.length > size) throw tornFont();
    bytes.set(part.value, filled);
    filled += part.value.length;
    onprogress(filled / size);
  }
  if (filled !== size) throw tornFont();
  return bytes.buffer;
}

function tornFont(): ApiError {
  return new ApiError("The instruments did not arrive whole.", "Reload the page.", -1, "sound_font");
}
