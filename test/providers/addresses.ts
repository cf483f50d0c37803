import { createEmulator, type StoreName } from 'keysweep/emulator'
import type { Fetch } from '../../src/index.js'
import type { Deleter } from './lab.js'

/** Where a client sends a batch and a single deletion, which both succeed there: so what was signed was sent. */
export async function urlsOf(name: StoreName, bucket: string, open: (fetch: Fetch) => Deleter): Promise<string[]> {
  const emulator = createEmulator()
  emulator.state.create(name, bucket)
  const urls: string[] = []
  const client = open((request) => {
    urls.push(request.url)
    return emulator.fetch(request)
  })
  for (const key of ['a', 'a\u0001']) {
    const { failed } = await client.deleteMany([key])
    if (failed.length > 0) throw new Error(`${urls.at(-1)}: ${failed[0]?.code}`)
  }
  return urls
}
