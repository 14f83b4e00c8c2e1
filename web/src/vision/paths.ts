// The addresses of a project's stages.
const at = (project: string) => `/vision/projects/${encodeURIComponent(project)}`;

export const projectPath = at;
export const labelPath = (project: string, photo?: string) =>
  `${at(project)}/label${photo ? `?photo=${photo}` : ""}`;
export const trainPath = (project: string) => `${at(project)}/train`;
export const understandPath = (project: string) => `${at(project)}/understand`;
export const tryPath = (project: string, run?: string) =>
  `${at(project)}/try${run ? `?run=${encodeURIComponent(run)}` : ""}`;
export const watchPath = (run: string) => `/vision/watch?run=${encodeURIComponent(run)}`;
export const devicesPath = (run: string) => `/vision/devices?run=${encodeURIComponent(run)}`;
export const FUNCTIONS_PATH = "/vision/functions";
export const functionPath = (name: string) => `${FUNCTIONS_PATH}/${encodeURIComponent(name)}`;
