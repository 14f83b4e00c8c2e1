// Short messages in the corner. Errors stay until they are closed or replaced by the same error; others go by themselves.
import { asApiError } from "@/api/problem";

export interface Toast {
  id: number;
  tone: "info" | "good" | "bad";
  text: string;
  hint: string;
}

const SHOWN_MS = 5000;
const MOST = 4;

class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;

  show(text: string, tone: Toast["tone"] = "info", hint = ""): void {
    const toast = { id: this.next++, tone, text, hint };
    this.list = [...this.list.filter((old) => old.text !== text), toast].slice(-MOST);
    if (tone !== "bad") setTimeout(() => this.close(toast.id), SHOWN_MS);
  }

  /** Shows what went wrong. A lost server is told by the banner, not by a toast for every request. */
  error(thrown: unknown): void {
    const error = asApiError(thrown);
    if (!error.offline) this.show(error.message, "bad", error.hint);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
