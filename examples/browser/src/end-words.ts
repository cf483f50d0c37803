import type { Ledger } from './ledger.js'
import type { Ending } from './sweep.js'
import { count, counted, duration } from './words.js'

/** How a run ended, in words. */
export interface EndWords {
  readonly title: string
  readonly text: string
  /** What there is to go on with, if anything. */
  readonly resume?: string
}

/** @param left How many keys the store still holds. */
export function endWords(
  { kind, resumeFrom, message }: Ending,
  ledger: Ledger,
  left: number,
  tookMs: number,
): EndWords {
  const { unknown } = ledger.counts
  const sentences: string[] = []
  if (kind === 'broken' && message) sentences.push(`${message}.`)
  if (kind === 'finished' && ledger.failed === 0) sentences.push('Every key is gone, on the store’s word.')
  if (ledger.failed > 0) sentences.push(`${counted(ledger.failed, 'key')} failed.`)
  if (unknown > 0) sentences.push(`Of ${count(unknown)} the fate is unknown: they may be gone.`)
  if (resumeFrom !== undefined) sentences.push(`Nothing from key ${count(resumeFrom + 1)} on was sent.`)
  sentences.push(`The store holds ${left === 0 ? 'none' : counted(left, 'key')} now.`)
  return {
    title: kind === 'finished' ? `Done in ${duration(tookMs)}` : kind === 'stopped' ? 'Stopped' : 'Broken off',
    text: sentences.join(' '),
    ...(ledger.pending > 0 && {
      resume:
        resumeFrom === undefined ? `Try ${count(ledger.pending)} again` : `Resume from key ${count(resumeFrom + 1)}`,
    }),
  }
}
