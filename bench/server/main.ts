// The null server: in a process of its own, it answers every batch with what a store would say, and does nothing else but
// count. Told over IPC what the next job is, it tells what it counted of the last one.
import type { AddressInfo } from 'node:net'
import type { Count, Workload } from '../job.js'
import type { Item } from '../keys.js'
import { type Prebuilt, prebuild, respondWith } from './answers.js'
import { Delay } from './delay.js'
import { type Request, type Respond, serve } from './http.js'
import { DIALECTS } from './protocols.js'

const SLOW_DOWN = respondWith(
  '503 Slow Down',
  'application/xml',
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
  'Retry-After: 1\r\n',
)
const TRY_LATER = respondWith(
  '503 Slow Down',
  'application/xml',
  '<Error><Code>SlowDown</Code><Message>Slow.</Message></Error>',
)
const UNSIGNED = respondWith(
  '403 Forbidden',
  'application/xml',
  '<Error><Code>AccessDenied</Code><Message>not signed</Message></Error>',
)

class Session {
  private readonly dialect
  private readonly delay
  private readonly count = { requests: 0, done: 0, bodyBytes: 0 }
  private inFlight = 0
  /** At the arrival of each request. */
  private readonly inFlightHistory: number[] = []
  /** How many items bodies of a length hold: all keys of a job are equally long, so one of each length is read through. */
  private readonly itemsByLength = new Map<number, number>()
  private readonly failedOnce = new Set<string>()
  private seen = 0

  constructor(
    private readonly workload: Workload,
    private readonly answers: ReadonlyMap<string, Prebuilt>,
  ) {
    this.dialect = DIALECTS[workload.protocol]
    this.delay = new Delay(workload.latencyMs ?? 0)
  }

  get counted(): Count {
    const late = this.inFlightHistory.slice(-Math.ceil(this.inFlightHistory.length / 10))
    return { ...this.count, lateInFlight: Math.max(0, ...late) }
  }

  handle({ head, body }: Request, respond: Respond): void {
    this.count.requests++
    this.count.bodyBytes += body.length
    this.inFlightHistory.push(++this.inFlight)
    this.delay.run(() => {
      this.inFlight--
      respond(this.answer(head, body))
    })
  }

  private answer(head: string, body: Buffer): Buffer {
    if (!/\r\n(eop-)?authorization:/.test(head)) return UNSIGNED
    const { fault } = this.workload
    if (fault === 'storm' && this.count.requests % 3 === 0) return SLOW_DOWN
    if (fault === 'early-storm' && this.count.requests < 100 && this.count.requests % 2 === 0) return TRY_LATER
    const known = fault === 'key-errors' ? undefined : this.prebuiltFor(body)
    if (!known) return this.answerByReading(body)
    this.count.done += known.count
    return known.answer
  }

  private prebuiltFor(body: Buffer): Prebuilt | undefined {
    const items = this.itemsByLength.get(body.length)
    if (items === undefined) return undefined
    const { open, close, decode } = this.dialect
    const start = body.indexOf(open) + open.length
    const known = this.answers.get(decode(body.toString('utf8', start, body.indexOf(close, start))))
    return known?.count === items ? known : undefined
  }

  private answerByReading(body: Buffer): Buffer {
    const text = body.toString()
    const items = this.dialect.read(text)
    const quiet = this.dialect.isQuiet(text)
    if (quiet !== this.workload.quiet) return respondWith('400 Bad Request', 'text/plain', 'not the mode of this job')
    this.itemsByLength.set(body.length, items.length)
    const failed = this.workload.fault === 'key-errors' ? items.filter((item) => this.fails(item)) : []
    const done = failed.length > 0 ? items.filter((item) => !failed.includes(item)) : items
    this.count.done += done.length
    return respondWith('200 OK', this.dialect.contentType, this.dialect.answer(done, failed, quiet))
  }

  /** Every 997th item fails, the first time it is seen. */
  private fails(item: Item): boolean {
    const key = JSON.stringify(item)
    if (this.failedOnce.has(key)) return false
    if (++this.seen % 997 !== 0) return false
    this.failedOnce.add(key)
    return true
  }
}

/** Answers take a while to build: those of the workloads before are kept. */
const built = new Map<string, ReadonlyMap<string, Prebuilt>>()
const MOST_KEPT = 6

function answersFor(workload: Workload): ReadonlyMap<string, Prebuilt> {
  const { protocol, quiet, shape, count, batch } = workload
  const name = JSON.stringify([protocol, quiet, shape, count, batch])
  const answers = built.get(name) ?? prebuild(workload)
  built.delete(name)
  built.set(name, answers)
  for (const oldest of built.keys()) if (built.size > MOST_KEPT) built.delete(oldest)
  return answers
}

let session: Session | undefined
const server = serve((request, respond) => session?.handle(request, respond))

server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})

process.on('message', (workload: Workload | 'count') => {
  if (workload === 'count') {
    process.send?.(session?.counted)
    return
  }
  session = new Session(workload, answersFor(workload))
  process.send?.('ready')
})
process.on('disconnect', () => process.exit())
