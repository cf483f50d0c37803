// A store in a process of its own: takes so many keys a second, refuses more, and keeps account of every client. It looks at
// nothing but the keys, for all that is measured is who sends how many of them when.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { Account } from './account.js'
import { BURST_SECONDS, type Course, LATENCY_MS, secondsOf } from './course.js'

const SLOW_DOWN = '<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>'

const course = JSON.parse(process.argv[2] ?? '') as Course
const account = new Account(course.clients)
let startedAt = performance.now()
let tokens = 0
let filledAt = startedAt

function limitAt(time: number): number {
  const phase = Math.floor((time - startedAt) / 1000 / course.phaseSeconds)
  return course.limits[Math.min(phase, course.limits.length - 1)] as number
}

/** How many of the keys are taken now. */
function take(keys: number): number {
  const now = performance.now()
  const limit = limitAt(now)
  const most = limit * BURST_SECONDS
  tokens = Math.min(most, tokens + ((now - filledAt) / 1000) * limit)
  filledAt = now
  const taken = course.form === 'by key' ? Math.min(keys, Math.floor(tokens)) : tokens < Math.min(keys, most) ? 0 : keys
  tokens -= taken
  return taken
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await buffer(request)).toString()
  const keys = body.match(/<Key>[^<]*<\/Key>/g) ?? []
  await pause(LATENCY_MS / 2)
  const taken = take(keys.length)
  const time = performance.now() - startedAt
  if (time < secondsOf(course) * 1000) account.add(clientOf(request), time, keys.length, taken)
  await pause(LATENCY_MS / 2)
  const isRefused = course.form === 'whole' && taken === 0
  const errors = keys.slice(taken).map((key) => `<Error>${key}${SLOW_DOWN}</Error>`)
  response.writeHead(isRefused ? 503 : 200, { 'content-type': 'application/xml' })
  response.end(isRefused ? `<Error>${SLOW_DOWN}</Error>` : `<DeleteResult>${errors.join('')}</DeleteResult>`)
}

/** Each client has a bucket of its own, named by its number. */
const clientOf = ({ url }: IncomingMessage): number => Number(/^\/client-(\d+)/.exec(url ?? '')?.[1])

const server = createServer((request, response) => {
  handle(request, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', (message) => {
  if (message === 'account') process.send?.(account.seconds)
  else startedAt = filledAt = performance.now()
})
process.on('disconnect', () => process.exit(0))
