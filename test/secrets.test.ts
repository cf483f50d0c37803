import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AttemptEvent, YandexStorageClient } from '../src/index.js'
import { CONTAINER, isNodeHalf, manyKeys, openLab, QUICK, SUBJECTS, type Subject } from './providers/lab.js'

const SECRET = 'MARKED-SECRET-q8/Zx+41&<"=Wv'
const TOKEN = 'MARKED-TOKEN-7fJk.20_Lm-x4T'
const IAM_TOKEN = 't1.MARKED-IAM-Ur93.Bd_-6x'
const CREDENTIALS = { accessKeyId: 'plain-key', secretAccessKey: SECRET, sessionToken: TOKEN }
/** Every piece of this length must stay hidden too: half a secret is easily guessed to the end. */
const PIECE = 9

const piecesOf = (secret: string): string[] =>
  Array.from({ length: secret.length - PIECE + 1 }, (_, at) => secret.slice(at, at + PIECE))

/** Finds the first piece of a secret in a text. */
function leaksOf(secrets: readonly string[]): (text: string) => string | undefined {
  const pieces = new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]).flatMap(piecesOf))
  return (text) => [...pieces].find((piece) => text.includes(piece))
}

const leakIn = leaksOf([SECRET, TOKEN, IAM_TOKEN])

/** Everything that could end up in a log. */
function shownOf(value: unknown): string {
  const deep = { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null } as const
  const parts = [String(value), inspect(value), inspect(value, deep), JSON.stringify(value)]
  if (value instanceof Error) {
    parts.push(value.message, value.stack ?? '', JSON.stringify(value, Object.getOwnPropertyNames(value)))
    parts.push(
      JSON.stringify((value as { report?: unknown }).report),
      inspect((value as { report?: unknown }).report, deep),
    )
    if (value.cause !== undefined) parts.push(shownOf(value.cause))
  }
  return parts.join('\n')
}

const logged: string[] = []
beforeEach(() => {
  logged.length = 0
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const)
    vi.spyOn(console, method).mockImplementation(
      (...values: unknown[]) => void logged.push(values.map(shownOf).join(' ')),
    )
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => logged.push(String(text)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
})

type Open = (options: Omit<Parameters<Subject['open']>[0], 'credentials'>) => ReturnType<Subject['open']>

interface Signer {
  readonly who: string
  readonly subject: Subject
  /** What the client knows, and has to hide. */
  readonly secrets: readonly string[]
  readonly open: Open
}

/** Whoever can sign in to a store. */
const SIGNERS: readonly Signer[] = [
  ...Object.values<Subject>(SUBJECTS).flatMap((subject): Signer[] => [
    {
      who: subject.name,
      subject,
      secrets: [SECRET, TOKEN],
      open: (options) => subject.open({ ...options, credentials: CREDENTIALS }),
    },
    {
      who: `${subject.name} by a function`,
      subject,
      secrets: [SECRET, TOKEN],
      open: (options) => subject.open({ ...options, credentials: async () => CREDENTIALS }),
    },
  ]),
  {
    who: 'yandex with a token',
    subject: SUBJECTS.yandex,
    secrets: [IAM_TOKEN],
    open: (options) =>
      new YandexStorageClient({ retry: QUICK, ...options, bucket: CONTAINER, credentials: { iamToken: IAM_TOKEN } }),
  },
]

/** What a server might say that knows the secrets. */
const toldBy = (secrets: readonly string[]) =>
  secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]).join(' ')
/** What of a text can name an element, as it stands. */
const namesIn = (text: string) => text.match(/[A-Za-z][\w.-]{20,}(?= |$)/)?.[0] ?? 'a'
const xmlText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const say = (text: string, family: Subject['family']): readonly string[] => {
  if (family === 's3') {
    const escaped = xmlText(text)
    return [
      `<Error><Code>${escaped}</Code><Message>${escaped}</Message><RequestId>${escaped}</RequestId></Error>`,
      `<Error><Code>InvalidAccessKeyId</Code><Message>${escaped}</Message><Region>${escaped}</Region></Error>`,
      `<DeleteResult><Error><Key>a</Key><Code>${escaped}</Code><Message>${escaped}</Message></Error></DeleteResult>`,
      `<DeleteResult><Error><Code>InternalError</Code><Message>${escaped}</Message></Error></DeleteResult>`,
      `<DeleteResult><Error><Key>${escaped}</Key><Code>No</Code></Error></DeleteResult>`,
      `<DeleteResult><Deleted><Key>${escaped}</Key></Deleted></DeleteResult>`,
      `<${namesIn(text)}/>`,
      `<DeleteResult>${' '.repeat(100)}<${namesIn(text)}></DeleteResult>`,
    ]
  }
  if (family === 'kv')
    return [
      JSON.stringify({ Code: text, Message: text, RequestId: text }),
      JSON.stringify({ code: 'InvalidAccessKeyId', message: text, requestId: text }),
      JSON.stringify({ SuccessKeys: [text], FailKeys: ['a', text], RequestId: text }),
    ]
  return [
    JSON.stringify({ statusCode: text, message: text, description: text }),
    JSON.stringify({ statusCode: 900, errorCode: text, error: text, message: text, requestId: text }),
    JSON.stringify({
      statusCode: 'CTAPI_10002',
      error: text,
      code: text,
      message: text,
      eopErrCode: text,
      requestId: text,
    }),
    JSON.stringify({
      statusCode: 800,
      returnObj: { deleted: [{ key: text }], errors: [{ key: 'a', code: text, message: text }] },
    }),
  ]
}

for (const { who, subject, secrets, open } of SIGNERS)
  describe(who, () => {
    const told = toldBy(secrets)
    const leak = leaksOf(secrets)
    /** Ends a run however it ends, and gives all that could be seen of it. */
    const see = async (options: Parameters<Open>[0], keys: readonly string[] = ['a', 'b'], run: object = {}) => {
      const events: AttemptEvent[] = []
      const progress: unknown[] = []
      const client = open({ retry: { ...QUICK, maxAttempts: 2 }, onAttempt: (event) => events.push(event), ...options })
      const runOptions = { onProgress: (now: object) => progress.push({ ...now }), ...run }
      const ending = await client.deleteMany(keys, runOptions).catch((error: unknown) => error)
      const batches: unknown[] = []
      try {
        for await (const batch of client.deleteBatches(keys, runOptions)) batches.push(batch)
      } catch (error) {
        batches.push(error)
      }
      expect(events.length).toBeGreaterThan(0)
      return [client, ending, events, progress, ...batches].map(shownOf).join('\n') + logged.join('\n')
    }

    it('is not seen in a client', () => {
      expect(leak(shownOf(open({ endpoint: 'http://127.0.0.1:1' })))).toBeUndefined()
    })

    // What comes by `fetch` comes past both halves of the runtime.
    if (isNodeHalf)
      it('is not seen in anything a server says', async () => {
        const bodies = [...say(told, subject.family), told, `<html>${told}</html>`, `{"${told}`, '']
        // Where a text is cut short, no secret may be cut in two and then overlooked.
        for (const fill of [90, 170, 180, 190, 470, 480, 490, 495])
          bodies.push(...say(`${'.'.repeat(fill)}${told}`, subject.family))
        for (const status of [200, 400, 403, 500])
          for (const body of bodies) {
            const headers = {
              'x-amz-request-id': told,
              'x-acs-request-id': told,
              'x-amz-bucket-region': told,
              'retry-after': told,
            }
            const shown = await see({
              endpoint: 'http://127.0.0.1:1',
              fetch: async () => new Response(body, { status, headers }),
            })
            const seen = leak(shown)
            if (seen !== undefined) expect.fail(`${seen} is seen of ${status} ${body.slice(0, 120)}`)
          }
      })

    it('is not seen when the transport fails', async () => {
      const failures: readonly ((request: Request) => unknown)[] = [
        (request) => new Error(`could not send ${inspect([...request.headers])} ${told}`),
        () => new Error('fetch failed', { cause: new Error(told) }),
        () => told,
        () => Object.assign(new TypeError(told), { code: told, headers: told }),
      ]
      for (const failure of failures) {
        const fetch = (request: Request) => Promise.reject(failure(request))
        expect(leak(await see({ endpoint: 'http://127.0.0.1:1', fetch }))).toBeUndefined()
      }
      expect(leak(await see({ endpoint: 'http://127.0.0.1:1' }))).toBeUndefined()
    })

    it('is not seen in any failure of a store', async () => {
      const lab = await openLab(subject.name, { credentials: CREDENTIALS, iamToken: IAM_TOKEN })
      lab.fill(manyKeys(20))
      const faults = [
        ...[
          { status: { 500: 1 } },
          { status: { 403: 1 } },
          { status: { 429: 1 } },
          { reset: 1 },
          { html: 1 },
          { empty: 1 },
        ],
        ...[
          { truncate: 1 },
          { errorInside200: 1 },
          { leaveOut: 1 },
          { keyErrors: { AccessDenied: 1 } },
          { clockSkewMs: 9e6 },
          {},
        ],
      ]
      for (const fault of faults) {
        lab.faults(fault)
        expect(leak(await see(lab, manyKeys(20)))).toBeUndefined()
      }
      lab.faults({ latencyMs: 10_000 })
      expect(leak(await see({ ...lab, timeoutMs: 20 }))).toBeUndefined()
      expect(leak(await see({ ...lab, container: 'absent', timeoutMs: 20 }))).toBeUndefined()
    })

    it('is not seen where the store refuses it', async () => {
      const lab = await openLab(subject.name, { iamToken: 'another' })
      const expired = new Date(0)
      const outdated = await openLab(subject.name, {
        credentials: { ...CREDENTIALS, expiration: expired },
        iamToken: { iamToken: IAM_TOKEN, expiration: expired },
      })
      const changed = await openLab(subject.name, { credentials: { ...CREDENTIALS, secretAccessKey: 'another' } })
      for (const { endpoint } of [lab, outdated, changed]) expect(leak(await see({ endpoint }))).toBeUndefined()
    })

    it('is not seen when a run is cut short', async () => {
      const lab = await openLab(subject.name, { credentials: CREDENTIALS, iamToken: IAM_TOKEN })
      // Long enough for the request to be sent before, even on a slow machine.
      lab.faults({ latencyMs: 1000 })
      const signal = AbortSignal.timeout(500)
      expect(leak(await see({ ...lab, timeoutMs: 700 }, manyKeys(3), { signal }))).toBeUndefined()
      const thrower = () => {
        throw new Error('not mine')
      }
      expect(leak(await see(lab, ['a'], { onProgress: thrower }))).toBeUndefined()
    })
  })

describe('options', () => {
  it('are refused without their values', () => {
    const wrong = [
      { accessKeyId: 'a', secretAccessKey: 7 },
      { accessKeyId: 'a', secretAccessKey: SECRET, sessionToken: `${TOKEN}\n` },
      { accessKeyId: `${SECRET}\r\n`, secretAccessKey: SECRET },
      { accessKeyId: 'a', secretAccessKey: SECRET, expiration: SECRET },
      { iamToken: `${IAM_TOKEN} ` },
      { iamToken: IAM_TOKEN, expiration: IAM_TOKEN },
      SECRET,
      [SECRET],
    ]
    for (const subject of Object.values<Subject>(SUBJECTS))
      for (const credentials of wrong) {
        let thrown: unknown
        try {
          subject.open({ endpoint: 'https://store.example', credentials: credentials as never })
        } catch (error) {
          thrown = error
        }
        expect(thrown).toBeInstanceOf(Error)
        expect(leakIn(shownOf(thrown))).toBeUndefined()
      }
  })

  it('are refused without their values when a function gives them', async () => {
    const credentials = async () => ({ ...CREDENTIALS, sessionToken: `${TOKEN}\n` })
    for (const subject of Object.values<Subject>(SUBJECTS)) {
      const client = subject.open({ endpoint: 'http://127.0.0.1:1', credentials })
      const error = await client.deleteMany(['a']).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'CredentialsFailed' })
      expect(leakIn(shownOf(error))).toBeUndefined()
    }
  })

  it('would be seen if they were shown', () => {
    expect(leakIn(shownOf(new Error('a', { cause: { headers: [TOKEN] } })))).toBeDefined()
    expect(leakIn(shownOf({ deep: [[[[[[SECRET.slice(3, 15)]]]]]] }))).toBeDefined()
    console.warn(IAM_TOKEN)
    expect(leakIn(logged.join(''))).toBeDefined()
  })
})
