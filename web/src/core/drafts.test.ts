import { describe, expect, it } from "vitest";
import { Draft, type DraftStorage } from "./drafts";

class MemoryStorage implements DraftStorage {
  kept = new Map<string, string>();
  getItem(key: string) {
    return this.kept.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.kept.set(key, value);
  }
  removeItem(key: string) {
    this.kept.delete(key);
  }
}

class FullStorage extends MemoryStorage {
  override setItem(): void {
    throw new Error("QuotaExceededError");
  }
}

describe("Draft", () => {
  it("comes back as it was kept, and is gone after clear", () => {
    const storage = new MemoryStorage();
    const draft = new Draft<{ code: string }>("k", 1, storage);
    expect(draft.load()).toBeNull();
    expect(draft.save({ code: "x = 1\n" })).toBe(true);
    expect(new Draft("k", 1, storage).load()).toEqual({ code: "x = 1\n" });
    draft.clear();
    expect(draft.load()).toBeNull();
  });

  it("drops a draft of another version, and text that is no draft", () => {
    const storage = new MemoryStorage();
    new Draft("k", 1, storage).save({ a: 1 });
    expect(new Draft("k", 2, storage).load()).toBeNull();
    storage.setItem("k", "{broken");
    expect(new Draft("k", 1, storage).load()).toBeNull();
  });

  it("says when the browser would not store it", () => {
    expect(new Draft("k", 1, new FullStorage()).save({ a: 1 })).toBe(false);
  });
});
