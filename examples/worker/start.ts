// Deletes 200,000 keys from an emulated cloud by a worker that sends less than 50 requests an invocation: npm run example:worker
import { type Cloud, invocations, post } from './invocations.js'
import { startWorkers } from './workers.js'

const { origins, stop } = await startWorkers()
try {
  // Every request takes a while, and one in twenty fails.
  const faults = { latencyMs: 20, status: { 503: 0.05 }, keyErrors: { AccessDenied: 0.0001 } }
  let before: Cloud = await post(`${origins.cloud}/fill`, faults)
  console.log('invocation  deleted  given up  left  requests  at once')
  let count = 0
  const givenUp: string[] = []
  for await (const { deleted, failed } of invocations(origins.sweep, 'example-token')) {
    const cloud: Cloud = await post(origins.cloud, {})
    const cells = [++count, deleted, failed.length, cloud.left, cloud.requests - before.requests, cloud.mostAtOnce]
    console.log(cells.map((cell, column) => String(cell).padStart([10, 7, 8, 6, 8, 7][column] ?? 0)).join('  '))
    before = cloud
    for (const { key, code } of failed) givenUp.push(`${key}: ${code}`)
  }
  if (givenUp.length > 0) console.log(['', 'given up:', ...givenUp].join('\n'))
} finally {
  await stop()
}
