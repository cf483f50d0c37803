/** What `#runtime` offers on either half, for programs that run in a web page. */
export interface Page {
  /** Where the page is, for an endpoint that is a path of its own site; undefined outside a page. */
  pageUrl(): string | undefined
  /** Says in the console, once, that a long-lived secret does not belong into a page. */
  warnOfSecret(credentials: unknown): void
}
