import { createReadStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createEmulator, type Emulator, type Faults, type Listening, type StoreName } from 'keysweep/emulator'
import type { SigningRequest } from '../../src/index.js'
import { hostileKeys, lookAlikes } from '../providers/keys.js'
import { signatureFor } from '../providers/signing.js'

/** What became of the cases that a runtime has run so far. */
export interface Results {
  passed: number
  /** Whether it has said that there are no more. */
  complete: boolean
  /** Name and reason. */
  readonly failed: [name: string, reason: string][]
}

/** What became of them in words, with the reasons of those that failed below. */
export const tellResults = (title: string, { passed, failed }: Results): string =>
  [
    `${title}: ${passed} passed, ${failed.length} failed`,
    ...failed.map(([what, reason]) => `  ✗ ${what}\n    ${reason.replaceAll('\n', '\n    ')}`),
  ].join('\n')

/** What a program may ask of the one that started it. */
function callsOn(emulator: Emulator, endpoints: Listening['endpoints'], results: Results, end: () => void) {
  let store: StoreName = 's3'
  let container = ''
  let count = 0
  let before = 0
  return {
    open(name: StoreName, versioning: boolean) {
      emulator.faults('all', {})
      store = name
      container = `container-${++count}`
      before = emulator.stats[store].requests
      emulator.state.create(store, container, { versioning })
      return { endpoint: endpoints[store], container }
    },
    fill(keys: readonly string[]) {
      for (const key of keys) emulator.state.put(store, container, key)
      return null
    },
    faults(faults: Faults) {
      emulator.faults(store, faults)
      return null
    },
    held: () => emulator.state.keys(store, container),
    requests: () => emulator.stats[store].requests - before,
    hostileKeys(longestBytes: number) {
      const keys = hostileKeys(longestBytes)
      const others = new Set(keys.flatMap((key) => lookAlikes(key, longestBytes)))
      for (const key of keys) others.delete(key)
      return { keys, others: [...others] }
    },
    sign: (request: SigningRequest) => signatureFor({ ...request, date: new Date(request.date) }),
    closedPort,
    report(name: string, failure: string | null) {
      if (failure === null) results.passed++
      else results.failed.push([name, failure])
      return null
    },
    end() {
      results.complete = true
      end()
      return null
    },
  }
}

export type Calls = ReturnType<typeof callsOn>

/** The emulator on loopback ports, and a way to arrange it and to report from whatever runtime there is. */
export interface Control {
  readonly port: number
  readonly stats: Emulator['stats']
  readonly results: Results
  /** Once the program has said that it is done. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

/** @param folder What browsers load from: `/` is a page that runs `program.js`. */
export async function openControl(folder: string): Promise<Control> {
  const emulator = createEmulator()
  const { endpoints, close } = await emulator.listen()
  const results: Results = { passed: 0, complete: false, failed: [] }
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const calls = callsOn(emulator, endpoints, results, end)
  const server = createServer((message, response) => {
    const answered = message.method === 'POST' ? answer(calls, message, response) : serve(folder, message, response)
    answered.catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stats: emulator.stats,
    results,
    ended,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await close()
    },
  }
}

async function answer(calls: Calls, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { name, args } = JSON.parse(await text(message)) as { name: keyof Calls; args: unknown[] }
  const call = calls[name] as (...args: unknown[]) => unknown
  response.end(JSON.stringify(await call(...args)))
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>keysweep</title><script type="module" src="/program.js"></script>'

async function serve(folder: string, { url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (url === '/') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
    return
  }
  response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'text/plain')
  createReadStream(join(folder, new URL(url, 'http://page').pathname))
    .on('error', () => response.writeHead(404).end())
    .pipe(response)
}

/** An address on which nobody listens. */
async function closedPort(): Promise<string> {
  const server = createSocketServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
