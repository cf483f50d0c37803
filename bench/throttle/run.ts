import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Second } from './account.js'
import type { Job } from './clients.js'
import { type Contender, type Course, secondsOf } from './course.js'

/** What one run came to. */
export interface Run {
  readonly course: Course
  readonly contender: Contender
  readonly seconds: readonly Second[]
  /** Keys that were given up. */
  readonly failed: number
}

function start(file: string, argument: unknown): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return fork(path, [JSON.stringify(argument)], {
    execArgv: ['--import', 'tsx', '--no-warnings'],
  })
}

/** The next thing a process tells; rejects where it ends instead. */
async function told(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const { signal } = ended
  const exit = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the process ended with ${code}`)
  })
  exit.catch(() => {})
  const [message] = (await Promise.race([once(child, 'message', { signal }), exit])) as unknown[]
  ended.abort()
  return message
}

/** One contender's run of each course, side by side, each with a server of its own. */
export async function runAll(contender: Contender, courses: readonly Course[]): Promise<Run[]> {
  const ready = await Promise.all(courses.map((course) => prepare(contender, course)))
  return Promise.all(ready.map((go) => go()))
}

async function prepare(contender: Contender, course: Course): Promise<() => Promise<Run>> {
  const server = start('./server.ts', course)
  const { port } = (await told(server)) as { port: number }
  const { clients } = course
  const job: Job = { contender, clients, endpoint: `http://127.0.0.1:${port}`, seconds: secondsOf(course) }
  const client = start('./clients.ts', job)
  await told(client)
  return async () => {
    server.send('start')
    client.send('start')
    const { failed } = (await told(client)) as { failed: number }
    server.send('account')
    const seconds = (await told(server)) as Second[]
    server.disconnect()
    return { course, contender, seconds, failed }
  }
}
