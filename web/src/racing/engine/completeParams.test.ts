import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { expect, it } from "vitest";
import { completeParams } from "./completeParams";
import { REWARD_PARAMS } from "./rewardParams";

function offered(text: string, explicit = false) {
  const state = EditorState.create({ doc: text });
  return completeParams(new CompletionContext(state, text.length, explicit));
}

it("offers every documented key inside a subscript and in get()", () => {
  for (const text of ['v = params["sp', "v = params['", 'v = params.get("st']) {
    expect(offered(text)?.options.map((option) => option.label)).toEqual(REWARD_PARAMS.map(({ key }) => key));
  }
  expect(offered('v = params["sp')?.from).toBe('v = params["'.length);
});

it("offers the whole subscript after the bare name, and nothing elsewhere", () => {
  expect(offered("v = params")?.options[0]?.apply).toBe('params["all_wheels_on_track"]');
  expect(offered("v = width")).toBeNull();
  expect(offered('v = other["sp')).toBeNull();
});

it("knows the 27 keys, each with a type and one line of text", () => {
  expect(new Set(REWARD_PARAMS.map(({ key }) => key)).size).toBe(27);
  for (const { type, text } of REWARD_PARAMS) {
    expect(type).not.toBe("");
    expect(text).toMatch(/^[A-Z].*\.$/);
  }
});
