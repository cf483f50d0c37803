import { utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Outgoing } from './exchange.js'

/** How often a slow answer lets something through. */
const BEAT_MS = 20

/** Waits; rejects with the signal's reason once it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const timer = setTimeout(done, ms)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    function done() {
      signal.removeEventListener('abort', stop)
      resolve()
    }
  })
}

/** What arrives of a body, piece by piece; `breaks` where the connection does not survive it. */
export async function* pieces(
  { body, breaksAfter, bytesPerSecond }: Outgoing,
  signal: AbortSignal,
): AsyncGenerator<Bytes> {
  const bytes = typeof body === 'string' ? utf8(body) : body
  const whole = breaksAfter === undefined ? bytes : bytes.subarray(0, breaksAfter)
  if (bytesPerSecond === undefined) return yield whole
  const step = Math.max(1, Math.round((bytesPerSecond * BEAT_MS) / 1000))
  for (let start = 0; start < whole.length; start += step) {
    await pause((step / bytesPerSecond) * 1000, signal)
    yield whole.subarray(start, start + step)
  }
}

/** Whether a body simply goes out whole. */
export const isPlain = ({ breaksAfter, bytesPerSecond }: Outgoing): boolean =>
  breaksAfter === undefined && bytesPerSecond === undefined
