// What the editor of reward functions completes: the keys of `params`.
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { REWARD_PARAMS } from "./rewardParams";

const OPTIONS: readonly Completion[] = REWARD_PARAMS.map(({ key, type, text }) => ({
  label: key,
  detail: type,
  info: text,
  type: "property",
}));

/** Offers the keys of `params` inside `params["…"]` and `params.get("…")`, and the whole subscript after `params`. */
export function completeParams(context: CompletionContext): CompletionResult | null {
  const inside = context.matchBefore(/params\s*(?:\[|\.\s*get\s*\()\s*["'][\w]*/);
  if (inside) {
    const word = /\w*$/.exec(inside.text)?.[0] ?? "";
    return { from: context.pos - word.length, options: [...OPTIONS], validFor: /^\w*$/ };
  }
  const name = context.matchBefore(/\bparams\[?/);
  if (!name || (name.from === name.to && !context.explicit)) return null;
  const options = OPTIONS.map((option) => ({
    ...option,
    apply: `params["${option.label}"]`,
    label: `params["${option.label}"]`,
  }));
  return { from: name.from, options, validFor: /^params\[?$/ };
}
