// The names of functions. Pure.
const NAME = /^[A-Za-z0-9]([A-Za-z0-9 _.-]{0,62}[A-Za-z0-9_-])?$/;

export function nameProblem(name: string, taken: readonly string[]): string {
  if (name === "") return "";
  if (!NAME.test(name))
    return "Use up to 64 letters, digits, spaces, _ . - and begin with a letter or digit.";
  if (taken.some((one) => one.toLowerCase() === name.toLowerCase()))
    return "There is a function of this name.";
  return "";
}

/** "count_things" becomes "my-count-things", or "my-count-things-2" where there is one. */
export function freeName(from: string, taken: readonly string[]): string {
  const stem = `my-${from.replace(/^my-/, "").replace(/[^A-Za-z0-9]+/g, "-")}`
    .replace(/-+$/, "")
    .slice(0, 60);
  for (let k = 1; ; k++) {
    const name = k === 1 ? stem : `${stem}-${k}`;
    if (nameProblem(name, taken) === "") return name;
  }
}
