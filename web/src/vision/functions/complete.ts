// What the editor of inference functions completes: what a function is given, and how it says something.
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";

const option = (label: string, detail: string, info: string): Completion => ({
  label,
  detail,
  info,
  type: "property",
});
const OPTIONS: Record<string, readonly Completion[]> = {
  seen: [
    option("label", "str or None", "What the model says it is; None where it does not know."),
    option("confidence", "0 to 1", "How sure it is."),
    option("top", "list", "The likeliest classes: pairs of label and probability."),
    option(
      "boxes",
      "list or None",
      "Of a detector: each with label, confidence, xyxy (shares of the frame).",
    ),
    option("counts", "dict or None", "Of a detector: how many of each class."),
    option("time", "seconds", "When the frame was taken, in Unix seconds."),
    option("event", "dict or None", "All of it, where the frame was judged before."),
  ],
  frame: [
    option("shape", "tuple", "Height, width, 3."),
    option("mean()", "0 to 255", "How bright it is, in the mean of all pixels."),
  ],
  studio: [
    option(
      "publish(topic, payload)",
      "function",
      "Says something: a topic and text, a number, a list or a dict.",
    ),
  ],
};

export function completeFunction(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/\b(?:seen|frame|studio)\.\w*/);
  if (!word) return null;
  const [name = "", part = ""] = word.text.split(".");
  return { from: context.pos - part.length, options: [...(OPTIONS[name] ?? [])], validFor: /^\w*$/ };
}
