// Which page belongs to an address. Pure functions: the browser's history is in navigation.svelte.ts.

export type Params = Record<string, string>;

export interface Route<Page> {
  /** "/racing/tracks/:id"; a part that begins with a colon is a parameter. */
  path: string;
  page: Page;
  title: string;
  studio?: string;
  /** The sub-navigation entry that is lit on this page. */
  section?: string;
  /** Whoever has the address may look at it; nobody needs to sign in. */
  open?: boolean;
}

/** A stage of a studio in its sub-navigation. */
export interface Section {
  id: "home" | "data" | "label" | "train" | "evaluate" | "deploy" | "watch" | "devices" | "challenges";
  label: string;
  path: string;
}

export interface Match<Page> {
  route: Route<Page>;
  params: Params;
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** The parameters of `pathname` when it has the shape of `path`, else null. */
export function matchPath(path: string, pathname: string): Params | null {
  const pattern = parts(path);
  const given = parts(pathname);
  if (pattern.length !== given.length) return null;
  const params: Params = {};
  for (const [i, want] of pattern.entries()) {
    const got = decode(given[i] ?? "");
    if (got === null) return null;
    if (want.startsWith(":")) params[want.slice(1)] = got;
    else if (want !== got) return null;
  }
  return params;
}

/** The first route that fits; list literal paths before parameters. */
export function matchRoute<Page>(routes: readonly Route<Page>[], pathname: string): Match<Page> | null {
  for (const route of routes) {
    const params = matchPath(route.path, pathname);
    if (params) return { route, params };
  }
  return null;
}

/** "/racing/tracks/:id" and {id: "my oval"} make "/racing/tracks/my%20oval". */
export function buildPath(
  path: string,
  params: Params = {},
  query: Record<string, string | undefined> = {},
): string {
  const filled = path.replace(/:([a-z_]+)/gi, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`the address ${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, value);
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

/** The stages that can be gone to, their addresses filled in. */
export function reachable(sections: readonly Section[], params: Params): Section[] {
  const known = (section: Section) =>
    parts(section.path).every((part) => !part.startsWith(":") || part.slice(1) in params);
  return sections.filter(known).map((section) => ({ ...section, path: buildPath(section.path, params) }));
}

/** Whether a click on a link is ours to handle, rather than the browser's (new tab, download, other site, API). */
export function isOwnLink(
  link: { href: string; target: string; hasDownload: boolean },
  click: { button: number; modified: boolean },
  origin: string,
): boolean {
  if (click.button !== 0 || click.modified || link.hasDownload) return false;
  if (link.target && link.target !== "_self") return false;
  const url = new URL(link.href, origin);
  return url.origin === origin && !url.pathname.startsWith("/api/") && url.pathname !== "/healthz";
}
