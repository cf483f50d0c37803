import { orRefuse, plusAsBlank, queryPairs } from './raw.js'
import { notImplemented, refusal } from './s3-answers.js'

/** The parameters of a call. */
export type Query = ReadonlyMap<string, string>

export const readQuery = (query: string): Query =>
  new Map(orRefuse(() => queryPairs(plusAsBlank(query)), refusal('InvalidURI')))

/** Refuses a parameter of another name: most make another call of the one they come with. */
export function allowOnly(query: Query, ...names: readonly string[]): void {
  for (const name of query.keys()) {
    // The AWS SDK names the operation, for logs.
    if (name !== 'x-id' && !names.includes(name)) throw notImplemented(`the query parameter ${name}`)
  }
}
