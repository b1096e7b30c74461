/** What is asked of a page. */
export interface PageRequest {
  readonly method: string;
  /** Path and query, from where the page stands: `/`, `/ca.pem`. */
  readonly path: string;
  /** What the browser says of itself; empty when it says nothing. */
  readonly userAgent: string;
}

/** A whole answer. Its headers say all about it but Date and Connection. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Empty for HEAD, whatever Content-Length says. */
  readonly body: Buffer;
}

/** Nothing but what a page is itself: it loads nothing, runs nothing, sends nothing and stands in no frame. */
const CONTENT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface AnswerOptions {
  /** More headers of its own. */
  readonly headers?: PageAnswer['headers'];
  /** The stylesheet that the policy lets in, as a policy names it. */
  readonly styleSource?: string;
}

/** An answer that nobody keeps, and that may only be what it says it is. */
export function answer(
  request: PageRequest,
  status: number,
  contentType: string,
  body: Buffer,
  { headers = [], styleSource }: AnswerOptions = {},
): PageAnswer {
  const policy = styleSource === undefined ? CONTENT_POLICY : `${CONTENT_POLICY}; style-src ${styleSource}`;
  return {
    status,
    headers: [
      ['Content-Type', contentType],
      ['Content-Length', String(body.length)],
      ['Cache-Control', 'no-store'],
      ['Content-Security-Policy', policy],
      ['X-Content-Type-Options', 'nosniff'],
      ['Referrer-Policy', 'no-referrer'],
      ['Cross-Origin-Resource-Policy', 'same-origin'],
      ...headers,
    ],
    body: request.method === 'HEAD' ? Buffer.alloc(0) : body,
  };
}

/** A line of text. It must not have anything of the request in it. */
export function textAnswer(
  request: PageRequest,
  status: number,
  line: string,
  headers: PageAnswer['headers'] = [],
): PageAnswer {
  return answer(request, status, 'text/plain; charset=utf-8', Buffer.from(`${line}\n`), { headers });
}

/** The refusal of a method other than GET and HEAD; null for these two. */
export function refusedMethod(request: PageRequest): PageAnswer | null {
  if (request.method === 'GET' || request.method === 'HEAD') return null;
  return textAnswer(request, 405, 'only GET and HEAD are answered here', [['Allow', 'GET, HEAD']]);
}
