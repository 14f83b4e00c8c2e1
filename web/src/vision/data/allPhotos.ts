import { listPhotos, type PhotoView, type Show } from "@/api/vision";

const PAGE = 1000;

/** Every photo of a project that is like that; undefined once nobody waits for them any more. */
export async function allPhotos(
  project: string,
  show: Show,
  isAwaited: () => boolean,
): Promise<PhotoView[] | undefined> {
  const all: PhotoView[] = [];
  for (;;) {
    const page = await listPhotos(project, { show, offset: all.length, limit: PAGE });
    if (!isAwaited()) return undefined;
    all.push(...page.items);
    if (page.items.length === 0 || all.length >= page.total) return all;
  }
}
