// Pictures to try a function on, as the server takes them: JPEG in base64, from files, from a film, from a project.
import { ApiError } from "@/api/problem";
import { listPhotos, pictureUrl } from "@/api/vision";
import { spread } from "./spread";

const [LONGER_SIDE, QUALITY, SEEK_MS] = [1280, 0.9, 10_000]; // pixels

const unreadable = (name: string) =>
  new ApiError(
    `The browser can't read “${name}”.`,
    "Choose JPEG, PNG or WebP photos, or an MP4 or WebM film.",
    -1,
    "file",
  );

export async function fromFiles(files: readonly File[], most: number): Promise<string[]> {
  const film = files.find((one) => one.type.startsWith("video/"));
  if (film) return fromFilm(film, most);
  return Promise.all(files.slice(0, most).map((one) => fromPhoto(one, one.name)));
}

/** Photos of a project, from all over it. */
export async function fromProject(project: string, most: number): Promise<string[]> {
  const { items } = await listPhotos(project, { limit: 1000 });
  if (!items.length)
    throw new ApiError(`“${project}” has no photos yet.`, "Add some, or choose something else.", -1, "empty");
  return Promise.all(
    spread(items, most).map(async (one) =>
      fromPhoto(await (await fetch(pictureUrl(one.sha256))).blob(), "a photo"),
    ),
  );
}

async function fromPhoto(photo: Blob, name: string): Promise<string> {
  const picture = await createImageBitmap(photo).catch(() => {
    throw unreadable(name);
  });
  try {
    return await drawn(picture, picture.width, picture.height);
  } finally {
    picture.close();
  }
}

/** Frames of a film, evenly spread over it. */
async function fromFilm(film: File, most: number): Promise<string[]> {
  const video = document.createElement("video");
  const url = URL.createObjectURL(film);
  try {
    [video.muted, video.preload] = [true, "auto"];
    await told(video, "loadeddata", film.name, () => (video.src = url));
    const length = Number.isFinite(video.duration) ? video.duration : 0;
    const found: string[] = [];
    for (let k = 0; k < (length ? most : 1); k++) {
      const place = (length * (k + 0.5)) / most;
      if (length) await told(video, "seeked", film.name, () => (video.currentTime = place));
      found.push(await drawn(video, video.videoWidth, video.videoHeight));
    }
    return found;
  } finally {
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}

function told(video: HTMLVideoElement, event: string, name: string, begin: () => void): Promise<void> {
  return new Promise((done, fail) => {
    setTimeout(() => fail(unreadable(name)), SEEK_MS);
    video.addEventListener(event, () => done(), { once: true });
    video.addEventListener("error", () => fail(unreadable(name)), { once: true });
    begin();
  });
}

async function drawn(source: CanvasImageSource, width: number, height: number): Promise<string> {
  const scale = Math.min(1, LONGER_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  ];
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  const bytes = new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

/** A JPEG in base64 as an address for an <img>, to be given back by URL.revokeObjectURL. */
export function pictureAddress(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
}
