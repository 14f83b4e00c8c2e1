// Work that a person has begun, kept in the browser until it is sent. A draft from an older shape is dropped.

export interface DraftStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class Draft<T> {
  constructor(
    private readonly key: string,
    private readonly version: number,
    private readonly storage: DraftStorage,
  ) {}

  load(): T | null {
    try {
      const text = this.storage.getItem(this.key);
      if (text === null) return null;
      const saved = JSON.parse(text) as { version?: number; value?: T };
      return saved.version === this.version && saved.value !== undefined ? saved.value : null;
    } catch {
      return null;
    }
  }

  /** False when the browser refused to store it (private window, full storage). */
  save(value: T): boolean {
    try {
      this.storage.setItem(this.key, JSON.stringify({ version: this.version, value }));
      return true;
    } catch {
      return false;
    }
  }

  clear(): void {
    try {
      this.storage.removeItem(this.key);
    } catch {
      // Nothing was stored then.
    }
  }
}
