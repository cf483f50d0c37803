// The gateway of a store, as a process of its own: it passes on what it is sent, and after so many answers it dies in the middle
// of one. What is stored is kept behind it.
import { connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'

export interface GatewayJob {
  readonly port: number
  /** Where the store listens. */
  readonly storePort: number
  /** How many answers it begins; it dies in the last of them. Without a number it lives on. */
  readonly answers?: number | undefined
}

function open({ port, storePort, answers = Number.POSITIVE_INFINITY }: GatewayJob): void {
  let left = answers
  async function* untilDeath(answer: AsyncIterable<Buffer>) {
    for await (const chunk of answer) {
      const isLast = isBeginning(chunk) && --left === 0
      yield isLast ? chunk.subarray(0, chunk.length / 2) : chunk
      if (isLast) process.kill(process.pid, 'SIGKILL')
    }
  }
  const serve = (client: Socket) => {
    const store = connect(storePort, '127.0.0.1')
    // Where one side breaks, so does the other.
    Promise.all([pipeline(client, store), pipeline(store, untilDeath, client)]).catch(() => {})
  }
  createServer(serve).listen(port, '127.0.0.1', () => process.send?.({}))
}

/** Whether an answer begins here: on a connection one follows the other, and each has its first piece to itself. */
const isBeginning = (chunk: Buffer) => chunk.toString('latin1', 0, 5) === 'HTTP/'

process.once('message', open)
process.once('disconnect', () => process.exit(0))
