// One press from the first page to a learning car.
import { listRewards, listRuns, startTraining } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { RunView } from "@/api/types";
import { proposeName } from "@/core/names";

/** Short on purpose: it ends as soon as every evaluation drive completes its lap. */
const FIRST_CONFIG = { max_minutes: 5, stop_at_completion: 100 } as const;

export async function teachNow(): Promise<RunView> {
  const [rewards, runs] = await Promise.all([listRewards(), listRuns({ studio: "racing", limit: 200 })]);
  const reward = rewards.find((candidate) => candidate.source === "example") ?? rewards[0];
  if (!reward) {
    throw new ApiError(
      "There is no reward function to start with.",
      "Write one on the Train page.",
      -1,
      "no_reward",
    );
  }
  const training = { track: "oval", reward_code: reward.code, config: FIRST_CONFIG, seed: 1 };
  try {
    return await startTraining({ ...training, name: proposeName(runs.items.map((run) => run.name)) });
  } catch (thrown) {
    // Somebody took the name meanwhile: let the server choose one.
    if (thrown instanceof ApiError && thrown.status === 409) return startTraining(training);
    throw thrown;
  }
}
