import type { Refusal, Remedy } from '../operation.js'
import type { AttemptResult } from './attempt.js'
import type { Store } from './store.js'

/** A clock that is off by less was not why a signature was refused. */
const LEAST_SKEW_MS = 60_000
const PLAUSIBLE_YEARS = { from: 2015, to: 2100 }

/**
 * What to do about a refusal, once it is known whether the clock or the credentials can be mended; mends them.
 *
 * @param mended How this request was mended before, and not to be mended again.
 */
export function remedyFor<Detail>(
  refusal: Refusal,
  { skewMs, credentials }: AttemptResult<Detail>,
  mended: readonly Remedy[],
  store: Store,
): Remedy {
  const isFirst = !mended.includes(refusal.remedy)
  if (refusal.remedy === 'reclock') return isFirst && reclock(store, skewMs, refusal.serverTime) ? 'reclock' : 'halt'
  if (refusal.remedy === 'renew')
    return isFirst && credentials && store.credentials.renew(credentials) ? 'renew' : 'halt'
  return refusal.remedy
}

/** Takes over the server's time. False where the clock was right, or the server does not tell a believable time. */
function reclock(store: Store, usedSkewMs: number, serverTime: Date | undefined): boolean {
  // Another request of the same moment has mended it.
  if (store.skewMs !== usedSkewMs) return true
  const year = serverTime?.getUTCFullYear() ?? 0
  if (!serverTime || year < PLAUSIBLE_YEARS.from || year > PLAUSIBLE_YEARS.to) return false
  const skewMs = serverTime.getTime() - store.clock().getTime()
  if (Math.abs(skewMs - usedSkewMs) < LEAST_SKEW_MS) return false
  store.skewMs = skewMs
  return true
}
