import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * The first of some consecutive ports that are free, below those that the system hands out: nobody takes one of these by
 * chance while the server that belongs there is away.
 */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const first = 10_000 + count * randomInt(Math.floor(22_000 / count))
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
  throw new Error(`No ${count} consecutive ports are free`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}
