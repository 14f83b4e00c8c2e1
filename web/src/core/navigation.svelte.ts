// The current address as reactive state, on the browser's History API.
import { isOwnLink, type Params } from "./router";

interface Place {
  pathname: string;
  search: string;
}

function read(): Place {
  return { pathname: window.location.pathname, search: window.location.search };
}

class Navigation {
  place = $state.raw<Place>({ pathname: "/", search: "" });
  /** The stage that the shown page belongs to, where its address alone does not tell. */
  section = $state<string | undefined>(undefined);
  /** What the shown page is about, where its address does not tell: a run's project, for the stages above it. */
  about = $state.raw<Params>({});
  /** Where to scroll once the page shows: 0 for a new page, the old place after Back. */
  scrollTo = 0;

  query = $derived(new URLSearchParams(this.place.search));

  start(): () => void {
    // The one-time token has done its work by the time a page runs; keep it out of the address and history.
    const query = new URLSearchParams(window.location.search);
    if (query.has("token")) {
      query.delete("token");
      const rest = query.toString();
      window.history.replaceState(null, "", window.location.pathname + (rest ? `?${rest}` : ""));
    }
    window.history.scrollRestoration = "manual";
    this.section = undefined;
    this.about = {};
    this.place = read();
    const back = (event: PopStateEvent) => {
      this.scrollTo = Number(event.state?.scroll ?? 0);
      this.section = undefined;
      this.about = {};
      this.place = read();
    };
    const click = (event: MouseEvent) => this.onclick(event);
    window.addEventListener("popstate", back);
    document.addEventListener("click", click);
    return () => {
      window.removeEventListener("popstate", back);
      document.removeEventListener("click", click);
    };
  }

  private onclick(event: MouseEvent): void {
    if (event.defaultPrevented || !(event.target instanceof Element)) return;
    const link = event.target.closest("a[href]");
    if (!(link instanceof HTMLAnchorElement)) return;
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    const seen = { href: link.href, target: link.target, hasDownload: link.hasAttribute("download") };
    if (!isOwnLink(seen, { button: event.button, modified }, window.location.origin)) return;
    const url = new URL(link.href);
    if (url.hash && url.pathname === window.location.pathname) return;
    event.preventDefault();
    this.go(url.pathname + url.search);
  }

  go(path: string, options: { replace?: boolean } = {}): void {
    if (options.replace) {
      window.history.replaceState(null, "", path);
    } else {
      window.history.replaceState({ scroll: window.scrollY }, "");
      window.history.pushState(null, "", path);
    }
    this.scrollTo = options.replace ? window.scrollY : 0;
    this.section = undefined;
    this.about = {};
    this.place = read();
  }
}

export const navigation = new Navigation();
export const go = (path: string, options?: { replace?: boolean }) => navigation.go(path, options);
