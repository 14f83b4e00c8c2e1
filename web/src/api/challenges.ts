// What the pages of challenges ask of the server.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type ChallengeSummary = Schemas["ChallengeSummary"];
export type ChallengeView = Schemas["ChallengeView"];
export type ThemeView = Schemas["ThemeView"];
export type NewChallenge = Schemas["NewChallenge"];
export type EntryView = Schemas["EntryView"];
export type EntryStep = Schemas["EntryStep"];
export type Ballot = Schemas["Ballot"];
export type Results = Schemas["Results"];
export type RankedEntry = Schemas["RankedEntry"];
export type Judgement = Schemas["Judgement"];
export type Choice = "a" | "b" | "skip";

const at = (challenge: string) => ({ params: { path: { challenge_id: challenge } } });
const entryAt = (challenge: string, entry: string) => ({
  params: { path: { challenge_id: challenge, entry_id: entry } },
});

export const listThemes = () => data(api.GET("/api/v1/music/challenge-themes"));
export const listChallenges = () => data(api.GET("/api/v1/music/challenges"));
export const openChallenge = (body: NewChallenge) => data(api.POST("/api/v1/music/challenges", { body }));
export const getChallenge = (id: string) => data(api.GET("/api/v1/music/challenges/{challenge_id}", at(id)));
export const closeChallenge = (id: string) =>
  data(api.POST("/api/v1/music/challenges/{challenge_id}/close", at(id)));
export const deleteChallenge = (id: string) =>
  data(api.DELETE("/api/v1/music/challenges/{challenge_id}", at(id)));
export const submitEntry = (id: string, composition: string) =>
  data(api.POST("/api/v1/music/challenges/{challenge_id}/entries", { ...at(id), body: { composition } }));
export const getEntry = (id: string, entry: string) =>
  data(api.GET("/api/v1/music/challenges/{challenge_id}/entries/{entry_id}", entryAt(id, entry)));
export const withdrawEntry = (id: string, entry: string) =>
  data(api.DELETE("/api/v1/music/challenges/{challenge_id}/entries/{entry_id}", entryAt(id, entry)));
export const getBallot = (id: string) =>
  data(api.GET("/api/v1/music/challenges/{challenge_id}/ballot", at(id)));
export const vote = (id: string, pair: string, choice: Choice) =>
  data(api.POST("/api/v1/music/challenges/{challenge_id}/votes", { ...at(id), body: { pair, choice } }));
export const finishVoting = (id: string) =>
  data(api.POST("/api/v1/music/challenges/{challenge_id}/finish", at(id)));
export const getResults = (id: string) =>
  data(api.GET("/api/v1/music/challenges/{challenge_id}/results", at(id)));
export const judgeComposition = (id: string) =>
  data(
    api.GET("/api/v1/music/compositions/{composition_id}/judge", {
      params: { path: { composition_id: id } },
    }),
  );
