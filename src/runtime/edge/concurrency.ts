/** As many connections as a worker may open at once (Cloudflare Workers, "Limits"); others would wait while their time runs. */
export const CONCURRENCY = 6
