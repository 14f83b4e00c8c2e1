// Which music a run has learned from: its copy says the hash, by which the set is found whatever it is called now.
import { getJsonFile } from "@/api/client";

export interface Learned {
  name: string;
  sha256: string;
}

interface Card {
  name?: string;
  source?: string;
  sha256?: string;
  sources?: { name?: string };
}

/** Each technique takes the music along in a file of its own. */
const CARDS = ["inputs/card.json", "inputs/pieces.json"];

export async function setOfRun(run: string): Promise<Learned> {
  for (const path of CARDS) {
    const card = await getJsonFile<Card>(run, path).catch(() => null);
    if (card?.sha256)
      return { name: card.name ?? card.sources?.name ?? card.source ?? "", sha256: card.sha256 };
  }
  return { name: "", sha256: "" };
}
