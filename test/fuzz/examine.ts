import { readAnyResult, readDeleteResult } from '../../src/bodies/delete-result.js'
import { isXmlText } from '../../src/bodies/xml-text.js'
import type { Bytes, HttpAnswer } from '../../src/http.js'
import { type DeleteReport, isKeysweepError, type ObjectKey } from '../../src/index.js'
import { keyOf, versionOf } from '../../src/items.js'
import { DECODERS, type DecoderName } from './decoders.js'
import type { Input } from './inputs.js'
import { complaints, isDone, isSaidDone, overlooked } from './judge.js'
import { utf8Of } from './reading.js'
import { CLIENTS, DELETIONS } from './stores.js'

const answerOf = ({ status, headers, body }: Input): HttpAnswer => ({
  status,
  header: (name) => headers[name],
  body: body as Bytes,
})

/** What one input showed. */
export interface Finding {
  readonly wrong: string[]
  readonly done: number
  readonly overlooked: number
}

/** Has a decoder read an answer, and holds what it makes of it against an independent reading. */
export async function examine(name: DecoderName, input: Input): Promise<Finding> {
  const { decode, wholeOf, read } = DECODERS[name]
  const { items, quiet } = input
  const answer = answerOf(input)
  const mode = { quiet, bypassGovernance: false }
  const wrong: string[] = []
  const reading = read(answer)
  try {
    const verdict = await decode(answer, items, mode, wholeOf(items, mode))
    wrong.push(...complaints(verdict, items, quiet, reading))
    // Backwards the answer is never the expected one, word for word, which decoders look for first.
    const backwards = await decode(answer, [...items].reverse(), mode)
    for (const [index, item] of items.entries())
      if (isDone(verdict, index) !== isDone(backwards, items.length - 1 - index))
        wrong.push(`the fate of ${JSON.stringify(item)} depends on the order of the request`)
    if (name.endsWith('DeleteObjects')) wrong.push(...(await disagreement(input.body)))
    const done = items.filter((_, index) => isDone(verdict, index)).length
    return { wrong, done, overlooked: overlooked(verdict, items, quiet, reading) }
  } catch (error) {
    return { wrong: [`threw ${String(error)}`], done: 0, overlooked: 0 }
  }
}

/** Whether the reader for the usual form and the XML parser tell different things of one body. */
async function disagreement(body: Uint8Array): Promise<string[]> {
  const source = utf8Of(body)
  const quick = await readDeleteResult(body as Bytes)
  if (source === undefined) return quick.kind === 'malformed' ? [] : ['bytes that are not UTF-8 were read']
  if (quick.kind === 'empty') return []
  const whole = await readAnyResult(source)
  return JSON.stringify(quick) === JSON.stringify(whole) ? [] : ['the two readers disagree']
}

/** The same for a whole run of a client: its report must not go beyond what the answer says. */
export async function examineRun(store: keyof typeof CLIENTS, input: Input): Promise<Finding> {
  const { quiet, status, headers, body } = input
  // What no XML can carry goes by another call, which this is no answer to.
  const items = input.items.filter((item) => isXmlText(keyOf(item)))
  const reading = DECODERS[DELETIONS[store]].read(answerOf(input))
  const hasBody = status !== 204 && status !== 304
  const fetch = async () => new Response(hasBody ? (body as Bytes) : null, { status, headers })
  const wrong: string[] = []
  let report: DeleteReport
  try {
    report = await CLIENTS[store]({ fetch }).deleteMany(items, { quiet })
  } catch (error) {
    if (!isKeysweepError(error) || !error.report) return { wrong: [`threw ${String(error)}`], done: 0, overlooked: 0 }
    report = error.report as DeleteReport
  }
  const identity = (item: ObjectKey | { readonly key: string }) => JSON.stringify([keyOf(item), versionOf(item)])
  const asked = items.slice(0, report.resumeFrom)
  if (report.deleted.length + report.failed.length !== asked.length) wrong.push('not every item is accounted for')
  for (const item of asked) {
    const isReported = report.deleted.some((deleted) => keyOf(item) === deleted.key && !wasFailed(report, item))
    if (isReported && !(reading && isSaidDone(item, items, quiet, reading)))
      wrong.push(`${identity(item)} is reported deleted`)
  }
  return { wrong, done: report.deleted.length, overlooked: 0 }
}

const wasFailed = ({ failed }: DeleteReport, item: ObjectKey) =>
  failed.some(({ key, versionId }) => key === keyOf(item) && versionId === versionOf(item))
