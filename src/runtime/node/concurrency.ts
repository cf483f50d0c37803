/** Requests in flight unless told otherwise. */
export const CONCURRENCY = 8
