// Every page and its address. Pages are loaded when they are first shown, so that three.js waits for the racing pages.
import type { Component } from "svelte";
import type { Params, Route, Section } from "./core/router";

export interface PageModule {
  default: Component<{ params: Params }>;
}
export type Load = () => Promise<PageModule>;

const page = (load: () => Promise<unknown>) => load as Load;

export const ROUTES: readonly Route<Load>[] = [
  { path: "/", title: "Home", page: page(() => import("./pages/Home.svelte")) },
  { path: "/runs", title: "Runs", page: page(() => import("./pages/Runs.svelte")) },
  { path: "/runs/compare", title: "Compare runs", page: page(() => import("./pages/Compare.svelte")) },
  { path: "/settings", title: "Settings", page: page(() => import("./pages/Settings.svelte")) },
  {
    path: "/racing",
    title: "Racing",
    studio: "racing",
    section: "home",
    page: page(() => import("./racing/Home.svelte")),
  },
  {
    path: "/racing/tracks",
    title: "Tracks",
    studio: "racing",
    section: "data",
    page: page(() => import("./racing/Data.svelte")),
  },
  {
    path: "/racing/tracks/:id",
    title: "Track",
    studio: "racing",
    section: "data",
    page: page(() => import("./racing/Track.svelte")),
  },
  {
    path: "/racing/train",
    title: "Train",
    studio: "racing",
    section: "train",
    page: page(() => import("./racing/Train.svelte")),
  },
  {
    path: "/racing/runs/:id",
    title: "Run",
    studio: "racing",
    section: "train",
    page: page(() => import("./racing/Run.svelte")),
  },
  {
    path: "/racing/evaluate",
    title: "Evaluate",
    studio: "racing",
    section: "evaluate",
    page: page(() => import("./racing/Evaluate.svelte")),
  },
  {
    path: "/racing/deploy",
    title: "Deploy",
    studio: "racing",
    section: "deploy",
    page: page(() => import("./racing/Deploy.svelte")),
  },
  {
    path: "/music",
    title: "Music",
    studio: "music",
    section: "home",
    page: page(() => import("./music/Home.svelte")),
  },
  {
    path: "/music/data",
    title: "Training sets",
    studio: "music",
    section: "data",
    page: page(() => import("./music/Data.svelte")),
  },
  {
    path: "/music/data/:name",
    title: "Training set",
    studio: "music",
    section: "data",
    page: page(() => import("./music/TrainingSet.svelte")),
  },
  {
    path: "/music/train",
    title: "Train",
    studio: "music",
    section: "train",
    page: page(() => import("./music/Train.svelte")),
  },
  {
    path: "/music/runs/:id",
    title: "Run",
    studio: "music",
    section: "train",
    page: page(() => import("./music/Run.svelte")),
  },
  {
    path: "/music/compose",
    title: "New piece",
    studio: "music",
    section: "deploy",
    page: page(() => import("./music/Begin.svelte")),
  },
  {
    path: "/music/compose/:id",
    title: "Compose",
    studio: "music",
    section: "deploy",
    page: page(() => import("./music/Piece.svelte")),
  },
  {
    path: "/music/shared/:token",
    title: "Shared piece",
    studio: "music",
    open: true,
    page: page(() => import("./music/Shared.svelte")),
  },
  {
    path: "/music/challenges",
    title: "Challenges",
    studio: "music",
    section: "challenges",
    page: page(() => import("./music/challenges/Challenges.svelte")),
  },
  {
    path: "/music/challenges/:id",
    title: "Challenge",
    studio: "music",
    section: "challenges",
    page: page(() => import("./music/challenges/Challenge.svelte")),
  },
  {
    path: "/vision",
    title: "Vision",
    studio: "vision",
    section: "home",
    page: page(() => import("./vision/Home.svelte")),
  },
  {
    path: "/vision/templates",
    title: "Templates",
    studio: "vision",
    section: "home",
    page: page(() => import("./vision/templates/TemplatesPage.svelte")),
  },
  {
    path: "/vision/train",
    title: "Train",
    studio: "vision",
    section: "train",
    page: page(() => import("./vision/Train.svelte")),
  },
  {
    path: "/vision/runs/:id",
    title: "Run",
    studio: "vision",
    section: "evaluate",
    page: page(() => import("./vision/Run.svelte")),
  },
  {
    path: "/vision/watch",
    title: "Watch",
    studio: "vision",
    section: "watch",
    page: page(() => import("./vision/watch/WatchPage.svelte")),
  },
  {
    path: "/vision/devices",
    title: "Devices",
    studio: "vision",
    section: "devices",
    page: page(() => import("./vision/devices/DevicesPage.svelte")),
  },
  {
    path: "/vision/projects/:project",
    title: "Collect",
    studio: "vision",
    section: "data",
    page: page(() => import("./vision/Collect.svelte")),
  },
  {
    path: "/vision/projects/:project/label",
    title: "Label",
    studio: "vision",
    section: "label",
    page: page(() => import("./vision/LabelStage.svelte")),
  },
  {
    path: "/vision/projects/:project/train",
    title: "Train",
    studio: "vision",
    section: "train",
    page: page(() => import("./vision/Train.svelte")),
  },
  {
    path: "/vision/projects/:project/understand",
    title: "Understand",
    studio: "vision",
    section: "evaluate",
    page: page(() => import("./vision/Understand.svelte")),
  },
  {
    path: "/vision/projects/:project/try",
    title: "Try it",
    studio: "vision",
    section: "deploy",
    page: page(() => import("./vision/TryStage.svelte")),
  },
];

/** The same stages in every studio, in the same order. One whose address has a parameter shows once that is known. */
export const SECTIONS: Record<string, readonly Section[]> = {
  racing: [
    { id: "home", label: "Home", path: "/racing" },
    { id: "data", label: "Tracks", path: "/racing/tracks" },
    { id: "train", label: "Train", path: "/racing/train" },
    { id: "evaluate", label: "Evaluate", path: "/racing/evaluate" },
    { id: "deploy", label: "Deploy", path: "/racing/deploy" },
  ],
  music: [
    { id: "home", label: "Home", path: "/music" },
    { id: "data", label: "Data", path: "/music/data" },
    { id: "train", label: "Train", path: "/music/train" },
    { id: "deploy", label: "Compose", path: "/music/compose" },
    { id: "challenges", label: "Challenges", path: "/music/challenges" },
  ],
  vision: [
    { id: "home", label: "Projects", path: "/vision" },
    { id: "data", label: "Collect", path: "/vision/projects/:project" },
    { id: "label", label: "Label", path: "/vision/projects/:project/label" },
    { id: "train", label: "Train", path: "/vision/projects/:project/train" },
    { id: "evaluate", label: "Understand", path: "/vision/projects/:project/understand" },
    { id: "deploy", label: "Try it", path: "/vision/projects/:project/try" },
    { id: "watch", label: "Watch", path: "/vision/watch" },
    { id: "devices", label: "Devices", path: "/vision/devices" },
  ],
};
