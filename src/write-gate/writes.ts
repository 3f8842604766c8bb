/** What a request is to the gate, from its first line and its headers. */
export interface Asked {
  readonly method: string;
  /** As the client sent it: path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** A GET that bears one of these is a write to frameworks that heed them. */
const overrides = ['x-http-method-override', 'x-method-override', 'x-http-method'];

/** Whether a request may change something: every method but GET, HEAD and OPTIONS, and these if they stand for another. */
export function isWrite({ method, headers }: Pick<Asked, 'method' | 'headers'>): boolean {
  return !reading.has(method) || overrides.some((name) => headers[name] !== undefined);
}

/**
 * Which paths pass whatever the method: those of the list, and everything beneath them.
 *
 * @param allowed such as `/health` or `/api/v1/auth`; `*` stands for one segment
 */
export function allowList(allowed: readonly string[]): (target: string) => boolean {
  const patterns = allowed.map(
    (path) =>
      new RegExp(
        `^${path
          .replace(/\/+$/, '')
          .split('/')
          .map((segment) => (segment === '*' ? '[^/]+' : RegExp.escape(segment)))
          .join('/')}(?:/|$)`,
      ),
  );
  return (target) => {
    const path = target.split(/[?#]/, 1)[0] ?? '';
    return !isAmbiguous(path) && patterns.some((pattern) => pattern.test(path));
  };
}

/** The service may understand such a path as another one, e.g. `/health/../orders`: it passes no list. */
function isAmbiguous(path: string): boolean {
  return !path.startsWith('/') || /\/\/|\\|;|\/\.{1,2}(?:\/|$)|%(?:2e|2f|5c|3b|25|00)/i.test(path);
}
