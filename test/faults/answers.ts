import { type Counts, count } from './counts.js'
import type { Fate, Plan } from './plan.js'
import { type Family, STORES } from './stores.js'
import type { Answer, Way } from './way.js'
import { codeIn, entryId, idOf, type Listing, listingIn, writeEntry, writeListing, writeRefusal } from './wire.js'

const PAGE = '<!DOCTYPE html><html><body><h1>Welcome to the hotel</h1></body></html>'

const answer = (status: number, body: string, headers: readonly string[] = []): Answer => ({
  status,
  headers,
  body: Buffer.from(body),
  isWhole: true,
})

/** An answer of the fault layer's own that says nothing of what was asked. */
export const portalPage = (): Answer => answer(200, PAGE, ['content-type', 'text/html'])
export const nothing = (): Answer => answer(200, '')
export const redirect = ({ dice }: Way, location: string): Answer =>
  answer(dice.pick([301, 302, 307, 308]), 'Moved', ['location', location])

/** A refusal that repeats what the client sent to show who it is. */
export function indiscretion({ message: { headers }, dice }: Way, { store }: Plan): Answer {
  const names = ['authorization', 'x-amz-security-token', 'x-acs-security-token', 'eop-authorization']
  const shown = names.flatMap((name) => headers[name] ?? []).join(' ')
  const [status, code] = dice.pick([
    [500, 'InternalError'],
    [403, 'Forbidden'],
  ] as const)
  return answer(status, writeRefusal(STORES[store].family, code, shown))
}

/** A failure as stores, or what stands before them, word it; perhaps with a time to wait. */
export function failure({ dice, exchange }: Way, { store, retryAfter }: Plan, status: number, counts: Counts): Answer {
  const { family } = STORES[store]
  const throttles = status === 429 || status === 503
  const code = throttles ? (family === 'kv' ? 'Throttling.User' : 'SlowDown') : 'InternalError'
  const body = dice.pick([writeRefusal(family, code, `Made up, with ${status}`), PAGE, ''])
  if (retryAfter === undefined) return answer(status, body)
  count(counts, 'Retry-After')
  if (/^\d+$/.test(retryAfter)) exchange.askedMs = Number(retryAfter) * 1000
  return answer(status, body, ['retry-after', retryAfter === 'date' ? inASecond() : retryAfter])
}

const inASecond = (): string => new Date(Date.now() + 1000).toUTCString()

/** Changes the lists of an answer, if it has any. */
export function edited(fate: Fate | undefined, way: Way, plan: Plan, whole: Answer, keys: readonly string[]): Answer {
  const { family } = STORES[plan.store]
  const { asked } = way.exchange
  const listing = whole.status === 200 && asked?.single === false ? listingIn(family, whole.body.toString()) : undefined
  const changed = listing && editedListing(fate, way, family, listing, keys)
  return changed ? { ...whole, body: Buffer.from(writeListing(family, changed)) } : whole
}

function editedListing(
  fate: Fate | undefined,
  { dice, exchange: { asked } }: Way,
  family: Family,
  { done, failed }: Listing,
  keys: readonly string[],
): Listing | undefined {
  if (fate === 'keys shuffled') return { done: dice.shuffle(done), failed: dice.shuffle(failed) }
  if (fate === 'keys repeated')
    return { done: [...done, ...done.slice(0, 5)], failed: [...failed, ...failed.slice(0, 5)] }
  if (fate === 'keys listed both ways') {
    const ids = [...done, ...failed].slice(0, 3).map((entry) => entryId(family, entry))
    const extra = (list: keyof Listing) => ids.map((id) => writeEntry(family, list, id))
    return { done: [...extra('done'), ...done], failed: [...failed, ...extra('failed')] }
  }
  if (fate !== 'keys invented') return undefined
  const asking = new Set(asked?.ids.map((id) => (JSON.parse(id) as [string])[0]))
  const invented = ['a key that nobody asked for', dice.pick(keys)].filter((key) => !asking.has(key))
  const list = dice.pick(['done', 'failed'] as const)
  const extra = invented.map((key) => writeEntry(family, list, idOf(key)))
  return { done, failed, [list]: [...extra, ...(list === 'done' ? done : failed)] }
}

/** What the emulator's own faults have made of an answer; undefined where it gave none. */
export function troublesIn(way: Way, { store, emulator }: Plan, given: Answer | undefined): Counts {
  if (!given) return { reset: 1 }
  const slow = {
    latency: Number(Boolean(emulator.latencyMs)),
    'slow bytes': Number(Boolean(emulator.slowBytesPerSecond)),
  }
  if (!given.isWhole) return { ...slow, 'answer broken off': 1 }
  const { family } = STORES[store]
  const { asked } = way.exchange
  const body = given.body.toString()
  const listing = listingIn(family, body)
  if (!listing) return { ...slow, [troubleOf(family, given.status, body, asked?.quiet && store === 'yandex')]: 1 }
  const failed = listing.failed.length
  const silent = asked && !asked.quiet ? asked.ids.length - listing.done.length - failed : 0
  return { ...slow, 'keys failed': failed, 'keys left out': silent }
}

/** What is wrong with an answer that lists no keys. */
function troubleOf(family: Family, status: number, body: string, emptyIsSuccess = false): string {
  const code = codeIn(family, body)
  if (/skew|timestamp\.expired|out of date/i.test(`${code} ${body.slice(0, 1000)}`)) return 'clock skew'
  if (/SlowDown|TooManyRequests|Throttling.Api|10429/.test(code ?? '')) return 'throttled'
  if (status >= 300) return 'status'
  if (code !== undefined) return 'error inside 200'
  if (body.startsWith('<!DOCTYPE')) return 'html'
  if (body !== '') return 'answer cut'
  return emptyIsSuccess || status === 204 ? 'nothing amiss' : 'empty'
}
