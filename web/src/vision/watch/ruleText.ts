// A rule in words, and what is missing from it. Pure.
import type { Action, Rule } from "@/api/watch";

export function freshRule(rules: readonly Rule[], classes: readonly string[]): Rule {
  let n = rules.length + 1;
  while (rules.some((rule) => rule.name === `rule ${n}`)) n += 1;
  const rule: Rule = {
    name: `rule ${n}`,
    when: "seen",
    label: classes[0] ?? "",
    for_s: 3,
    again_s: 60,
  };
  return doing(rule, [{ kind: "webhook", url: "" }]);
}

/** Whether it is about how many there are. */
export const isCounting = (rule: Rule) => rule.when === "more" || rule.when === "fewer";

/** The rule with other actions. */
export function doing(rule: Rule, actions: Action[]): Rule {
  // biome-ignore lint/suspicious/noThenProperty: the rule's own word; nobody awaits a rule
  return { ...rule, then: actions };
}

/** What is missing, or nothing. */
export function ruleProblem(rule: Rule, classes: readonly string[]): string {
  if (!rule.name.trim()) return "Give the rule a name.";
  if (rule.when !== "unknown" && !rule.label) return "Say which class it is about.";
  if (rule.when !== "unknown" && classes.length && !classes.includes(rule.label ?? ""))
    return `The model knows no class “${rule.label}”.`;
  if (rule.when === "fewer" && !rule.count)
    return "There can't be fewer than none: give a number, or wait until it is not seen.";
  for (const action of rule.then ?? []) {
    const wrong = actionProblem(action);
    if (wrong) return wrong;
  }
  return "";
}

function actionProblem(action: Action): string {
  if (action.kind === "webhook" && !/^https?:\/\/[^\s/]+/.test(action.url))
    return "Give the webhook's address, http:// or https://.";
  if (action.kind === "mqtt" && !/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(action.topic))
    return "Give a topic of letters, digits, dashes and slashes.";
  return "";
}

/** "When “can” has been seen for 3 s, call https://...; not again for 60 s." */
export function says(rule: Rule): string {
  const lasting = rule.for_s ? ` for ${rule.for_s} s` : "";
  const when =
    rule.when === "unknown"
      ? `When the model has not known what it sees${lasting}`
      : isCounting(rule)
        ? `When there have been ${rule.when} than ${rule.count ?? 0} of “${rule.label}”${lasting}`
        : `When “${rule.label}” has ${rule.when === "gone" ? "not " : ""}been seen${lasting}`;
  const then = (rule.then ?? []).map(actionText).join(" and ");
  return `${when}, ${then || "do nothing"}${rule.again_s ? `; not again for ${rule.again_s} s` : ""}.`;
}

export function actionText(action: Action | Record<string, unknown>): string {
  if (action.kind === "webhook") return `call ${action.url}`;
  if (action.kind === "mqtt") return `publish to ${action.topic}`;
  return `note “${"text" in action ? (action.text ?? "") : ""}”`;
}
