// Short messages in the corner. Errors stay until they are closed or replaced by the same error; others go by themselves.
import { connection } from "@/api/connection.svelte";
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

  show(text: string, tone: Toast["tone"] = "info", hint = ""): number {
    const toast = { id: this.next++, tone, text, hint };
    this.list = [...this.list.filter((old) => old.text !== text), toast].slice(-MOST);
    if (tone !== "bad") setTimeout(() => this.close(toast.id), SHOWN_MS);
    return toast.id;
  }

  /** Shows what came of a press. That the server is away is true for as long as it is. */
  error(thrown: unknown): void {
    const error = asApiError(thrown);
    const id = this.show(error.message, "bad", error.hint);
    if (error.offline) connection.whenBack(() => this.close(id));
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
