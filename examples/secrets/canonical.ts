// Requests as SigV4 and ACS3 hash them.

/** Lower-case hex SHA-256: what names a body, and leaves none open. */
export const SHA256 = /^[0-9a-f]{64}$/

/** The value of a header of a canonical request; empty where there is none. */
export const valueIn = (canonicalRequest: string, name: string): string =>
  new RegExp(`^${name}:(.*)$`, 'm').exec(canonicalRequest)?.[1] ?? ''

/**
 * @param call Method, path and query, a line each.
 * @param headers All that are sent, in the order of their names.
 * @param hash Of the body.
 */
export const canonical = (call: string, headers: Readonly<Record<string, string>>, hash: string): string =>
  [call, ...Object.entries(headers).map((header) => header.join(':')), '', Object.keys(headers).join(';'), hash].join(
    '\n',
  )
