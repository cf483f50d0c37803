import { readBody } from '../read-body.js'

/** What a page asks for: a part of keysweep's `SigningRequest`. Nothing in it is to be believed. */
export interface Asked {
  readonly stringToSign: string
  readonly canonicalRequest: string
  readonly operation: string
  readonly items: number
}

/** Checks what it is asked to sign, and signs it. */
export type Sign = (asked: Asked) => Promise<string>

/** Why something is not signed. */
export class RefusedError extends Error {}

export interface SigningOptions {
  readonly sign: Sign
  /** Whether whoever sends this request may delete: your session cookie, your token. */
  readonly mayDelete: (request: Request) => boolean | Promise<boolean>
}

/**
 * Answers `POST` with a signature, in any runtime that speaks `Request` and `Response`.
 *
 * It never sees the keys, only the hash of the body they stand in: whoever may ask may delete every key of the container
 * that `sign` allows. Where that is too much, give temporary credentials with a policy of their own.
 */
export function signingEndpoint({ sign, mayDelete }: SigningOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'POST') return new Response('only POST', { status: 405 })
    if (!(await mayDelete(request))) return new Response('you may not delete here', { status: 403 })
    const body = await readBody(request, MOST_BYTES)
    if (!body) return new Response('that is too long', { status: 400 })
    try {
      return new Response(await sign(askedIn(await body.text())))
    } catch (error) {
      if (error instanceof RefusedError) return new Response(error.message, { status: 400 })
      throw error
    }
  }
}

const MOST_BYTES = 10_000

function askedIn(text: string): Asked {
  const { stringToSign, canonicalRequest, operation, items } = parse(text)
  if (typeof stringToSign !== 'string' || typeof canonicalRequest !== 'string' || typeof operation !== 'string')
    throw new RefusedError('stringToSign, canonicalRequest and operation must be strings')
  if (typeof items !== 'number' || !Number.isInteger(items)) throw new RefusedError('items must be a whole number')
  return { stringToSign, canonicalRequest, operation, items }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    throw new RefusedError('that is no JSON')
  }
}
