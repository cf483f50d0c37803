import type { Result } from './deleter.js'
import type { Comparison } from './server.js'

/** What a run of the deleter came to, as a row of figures. */
export const rowOf = (result: Result, comparison?: Comparison) => ({
  deleted: result.deleted,
  failed: result.failed,
  ...(comparison && {
    'reported deleted, still there': comparison.deleted.present,
    'reported refused, gone': comparison.refused.gone,
    'not reported once': comparison.unaccounted,
  }),
  requests: result.requests,
  retries: result.retries,
  'peak RSS, MiB': Math.round(result.peakRssMiB),
  'live heap, MiB': Math.round(result.peakHeapMiB),
})

export const keysOf = (count: number) => `${count.toLocaleString('en-US')} keys`
