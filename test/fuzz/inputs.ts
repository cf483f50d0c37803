import fc from 'fast-check'
import type { ObjectKey } from '../../src/index.js'
import { keyOf } from '../../src/items.js'
import type { Sample } from './corpus.js'
import { DECODERS, type DecoderName } from './decoders.js'
import { BODIES, ITEMS } from './generated.js'
import { mutate, mutations } from './mutations.js'

/** What one decoder is given: an answer, and the items it answers for. */
export interface Input {
  readonly items: readonly ObjectKey[]
  readonly quiet: boolean
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** How it was changed, by kind. */
  readonly changes: readonly string[]
}

const NOT_MENTIONED = ['never mentioned', 'a']
const STATUSES = [200, 200, 201, 204, 206, 304, 400, 403, 404, 416, 429, 500, 503]

/** A success more often than not: nothing else can do harm. */
const status = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.constant(200) },
  { weight: 1, arbitrary: fc.constantFrom(...STATUSES) },
)

/** An answer of a store, as it was. */
export const untouched = ({ decoder, body, ...sample }: Sample): { name: DecoderName; input: Input } => ({
  name: decoder,
  input: { ...sample, body: new TextEncoder().encode(body), changes: [] },
})

/** Answers of stores, changed. */
export const mutated = (decoder: DecoderName, samples: readonly Sample[]): fc.Arbitrary<Input> =>
  fc
    .tuple(
      anySample(samples.filter((sample) => sample.decoder === decoder)),
      mutations,
      fc.boolean(),
      status,
      fc.boolean(),
    )
    .map(([sample, changes, quiet, otherStatus, isWithOthers]) => ({
      items: isWithOthers ? withOthers(sample.items, decoder) : sample.items,
      quiet,
      status: otherStatus ?? sample.status,
      headers: sample.headers,
      body: mutate(sample.body, changes, DECODERS[decoder].syntax),
      changes: [...changes.text, ...changes.bytes].map(({ kind }) => kind),
    }))

/** Of each status alike; a success three times as often, for in what it says lies the danger. */
function anySample(samples: readonly Sample[]): fc.Arbitrary<Sample> {
  const [successes, others] = [true, false].map((wanted) => samples.filter((sample) => sample.status < 300 === wanted))
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...(successes ?? [])) },
    { weight: 1, arbitrary: fc.constantFrom(...(others ?? [])) },
  )
}

/** Answers that no store gave. */
export const generated = (decoder: DecoderName): fc.Arbitrary<Input> =>
  fc
    .tuple(BODIES.get(DECODERS[decoder].syntax) as fc.Arbitrary<Uint8Array>, fc.boolean(), status)
    .map(([body, quiet, otherStatus]) => ({
      items: isForOne(decoder) ? ITEMS.slice(0, 1) : withOthers(ITEMS, decoder),
      quiet,
      status: otherStatus ?? 200,
      headers: {},
      body,
      changes: [],
    }))

const isForOne = (decoder: DecoderName) => decoder.endsWith('DeleteObject') || decoder.endsWith('PutKv')

function withOthers(items: readonly ObjectKey[], decoder: DecoderName): readonly ObjectKey[] {
  if (isForOne(decoder)) return items.slice(0, 1)
  const all = decoder.startsWith('alibaba') ? items.map(keyOf) : items
  return [...new Map([...all, ...NOT_MENTIONED].map((item) => [JSON.stringify(item), item])).values()]
}
