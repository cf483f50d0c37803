// Clients of one kind, in a process of their own: delete keys without end until the time is up, and tell how many failed.
import { setMaxListeners } from 'node:events'
import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3'
import pLimit from 'p-limit'
import { S3StorageClient } from '../../src/index.js'
import { BATCH, CONCURRENCY, type Contender } from './course.js'

export interface Job {
  readonly contender: Contender
  readonly clients: number
  readonly endpoint: string
  readonly seconds: number
}

const credentials = { accessKeyId: 'bench-key', secretAccessKey: 'bench-secret' }
const { contender, clients, endpoint, seconds } = JSON.parse(process.argv[2] ?? '') as Job

function* keys(): Generator<string> {
  for (let index = 0; ; index++) yield `photos/2026/11/${index}.jpg`
}

/** Keys that the client gave up for the store's refusals. */
async function sweep(client: number, signal: AbortSignal): Promise<number> {
  const storage = new S3StorageClient({ bucket: `client-${client}`, region: 'us-east-1', endpoint, credentials })
  let failed = 0
  try {
    for await (const batch of storage.deleteBatches(keys(), { quiet: true, signal, concurrency: CONCURRENCY }))
      if (!signal.aborted) failed += batch.failed.length
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return failed
}

/** The loop that people write. */
async function loopByHand(client: number, signal: AbortSignal, retryMode: string): Promise<number> {
  const s3 = new S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true, retryMode })
  const limit = pLimit(CONCURRENCY)
  const input = keys()
  let failed = 0
  const deleteBatch = async () => {
    const Objects = Array.from({ length: BATCH }, () => ({ Key: input.next().value as string }))
    const command = new DeleteObjectsCommand({ Bucket: `client-${client}`, Delete: { Objects, Quiet: true } })
    const refused = await s3.send(command, { abortSignal: signal }).then(
      ({ Errors = [] }) => Errors.length,
      () => BATCH,
    )
    if (!signal.aborted) failed += refused
  }
  const repeat = async () => {
    while (!signal.aborted) await limit(deleteBatch)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, repeat))
  s3.destroy()
  return failed
}

process.once('message', () => {
  const signal = AbortSignal.timeout(seconds * 1000)
  setMaxListeners(0, signal)
  const run = (client: number) =>
    contender === 'keysweep' ? sweep(client, signal) : loopByHand(client, signal, contender.replace('aws-', ''))
  Promise.all(Array.from({ length: clients }, (_, client) => run(client))).then(
    (failed) => process.send?.({ failed: failed.reduce((sum, each) => sum + each) }, () => process.exit(0)),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.send?.('ready')
