// Every failed request becomes one ApiError: a sentence on what happened and a hint on what to do.

export interface FieldProblem {
  path: string;
  message: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly hint: string,
    readonly status: number,
    readonly code: string,
    readonly fields: FieldProblem[] = [],
  ) {
    super(message);
  }

  /** The server could not be reached at all. */
  get offline(): boolean {
    return this.status === 0;
  }
}

interface ProblemBody {
  title?: unknown;
  detail?: unknown;
  hint?: unknown;
  code?: unknown;
  errors?: unknown;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The server names a field as "config.car.network"; forms know it as "car.network". */
function fieldProblems(errors: unknown): FieldProblem[] {
  if (!Array.isArray(errors)) return [];
  const found: FieldProblem[] = [];
  for (const error of errors as (Record<string, unknown> | null)[]) {
    if (typeof error !== "object" || error === null) continue;
    const path = text(error.field)
      .replace(/^body\./, "")
      .replace(/^config\./, "");
    const message = text(error.message);
    if (message) found.push({ path, message });
  }
  return found;
}

const BY_STATUS: Record<number, [string, string]> = {
  401: [
    "This browser is not signed in.",
    "Open the address that `trivium up` printed; it carries a one-time key.",
  ],
  403: ["Trivium refused this request.", "Open the address that `trivium up` printed and try again."],
  404: ["It is not here any more.", "It may have been deleted. Go back and reload the list."],
  413: ["That file is too large.", "Choose a smaller file."],
};

/** Reads the body of a failed answer, whatever it is, into an ApiError. */
export function problemFrom(status: number, body: unknown): ApiError {
  const problem = (typeof body === "object" && body !== null ? body : {}) as ProblemBody;
  const [plain, plainHint] = BY_STATUS[status] ?? [
    status >= 500 ? "Something went wrong inside Trivium." : "Trivium could not do that.",
    status >= 500
      ? "Try again; if it stays, the server's own window says more."
      : "Check what you entered and try again.",
  ];
  return new ApiError(
    text(problem.detail) || text(problem.title) || plain,
    text(problem.hint) || plainHint,
    status,
    text(problem.code) || `http_${status}`,
    fieldProblems(problem.errors),
  );
}

export function offlineError(): ApiError {
  return new ApiError(
    "Trivium is not answering.",
    "Is `trivium up` still running? This page goes on by itself once it is back.",
    0,
    "offline",
  );
}

/** What a browser throws where a chosen file is no longer there, or may not be read. */
const UNREADABLE = new Set(["NotFoundError", "NotReadableError", "SecurityError"]);

/** Any thrown thing as an ApiError, so that pages show one kind of message and never a stack trace. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof TypeError) return offlineError();
  if (thrown instanceof DOMException && UNREADABLE.has(thrown.name))
    return new ApiError(
      "A file can't be read.",
      "It may have been moved or changed since it was chosen. Choose it again.",
      -1,
      "file",
    );
  return new ApiError("This page ran into a problem of its own.", "Reload the page.", -1, "page");
}
