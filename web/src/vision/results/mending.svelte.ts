// A photo of the result whose label was wrong, put right in the project; the next training learns from it.
import { labelPhotos, removePhotos } from "@/api/vision";
import { toasts } from "@/core/ui/toasts.svelte";

/** Labels a photo, or removes it where there is no label; what was done, or nothing where it could not be. */
export async function mend(project: string, sha256: string, label: string | null): Promise<string> {
  try {
    if (label === null) {
      const { photos } = await removePhotos(project, [sha256]);
      return photos.length ? "Removed." : "It had been removed already.";
    }
    const { done } = await labelPhotos(project, [{ sha256, label }]);
    return done.length
      ? `Labelled “${label}”. Train again to learn from it.`
      : "It is no longer in the project.";
  } catch (thrown) {
    toasts.error(thrown);
    return "";
  }
}
