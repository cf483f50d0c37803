import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type DeleteOptions, EsaKvClient, type FailedKey, type KeysweepError, S3StorageClient } from 'keysweep'
import { createEmulator, type Emulator, type StoreName } from 'keysweep/emulator'
import ts from 'typescript'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keyLines } from '../examples/key-lines.js'
import { deleteUntil } from '../examples/node/abort-and-resume.js'
import { deleteFromFile } from '../examples/node/delete-from-file.js'
import { putSessions } from '../examples/node/put-entries.js'
import { deletePatiently } from '../examples/node/retry-failed.js'
import { readSettings } from '../examples/quickstart/settings.js'
import { type Handover, handoverIn } from '../examples/worker/handover.js'
import worker from '../examples/worker/sweep.js'
import { type Progress, sweepSome } from '../examples/worker/sweep-some.js'
import { keyAt, writeKeys } from './large/keys.js'
import { ServerProcess } from './large/processes.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ID = 'emulator-key'
const SECRET = 'emulator-secret'
const credentials = { accessKeyId: ID, secretAccessKey: SECRET }
const STORES: readonly StoreName[] = ['alibaba-esa', 'alibaba-dcdn', 'ncloud', 'ctyun-zos', 'yandex', 's3']

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keysweep-examples-'))
  await build({
    entryPoints: [join(ROOT, 'examples/quickstart.ts')],
    outfile: join(folder, 'quickstart.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: {
      '#runtime': join(ROOT, 'src/runtime/node/core.ts'),
      '#runtime/checksum': join(ROOT, 'src/runtime/node/checksum.ts'),
      '#runtime/server': join(ROOT, 'src/runtime/node/server.ts'),
      'keysweep/emulator': join(ROOT, 'src/emulator/index.ts'),
      keysweep: join(ROOT, 'src/index.ts'),
    },
    packages: 'external',
  })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

interface Ended {
  readonly status: number | null
  readonly output: string
}

/** Runs the quickstart in a process of its own, with no variables but these. */
function quickstart(variables: Readonly<Record<string, string>>): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['quickstart.mjs'], { cwd: folder, env: { PATH, HOME, ...variables } })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}

/** The numbers of a store's line of the table. */
function row(output: string, store: string): number[] {
  const lines = output.slice(output.indexOf('------')).split('\n')
  const line = lines.find((candidate) => candidate.startsWith(store)) ?? ''
  return line
    .slice(store.length)
    .trim()
    .split(/ +/)
    .map((text) => Number(text.replaceAll(',', '')))
}

describe('the quickstart', () => {
  test('without variables: every key of every store is deleted, or fails and is still there', async () => {
    const { status, output } = await quickstart({ KEYSWEEP_DEMO_KEYS: '3000' })
    expect(output).toContain('store')
    for (const store of STORES) {
      const [deleted = 0, failed = 0, left = 0, requests = 0] = row(output, store)
      expect([store, deleted + failed, left, requests > 0]).toEqual([store, 3000, failed, true])
    }
    expect(row(output, 's3').slice(0, 2)).toEqual([2997, 3])
    expect(output).toContain('s3           "photos/000007.jpg": AccessDenied (refused after 1 request): Access Denied')
    expect(output).not.toContain(SECRET)
    expect(status).toBe(0)
  })

  test('names every variable that is missing', async () => {
    const { status, output } = await quickstart({ KEYSWEEP_PROVIDER: 's3' })
    for (const name of [
      'KEYSWEEP_CONTAINER',
      'KEYS_FILE',
      'KEYSWEEP_ACCESS_KEY_ID',
      'KEYSWEEP_SECRET_ACCESS_KEY',
      'KEYSWEEP_REGION',
    ])
      expect(output).toContain(`${name} is not set`)
    expect(status).toBe(1)
  })

  test('emulates nothing for whoever names keys and no provider', async () => {
    const { status, output } = await quickstart({ KEYS_FILE: 'keys.txt' })
    expect(output).toContain('KEYSWEEP_PROVIDER must be one of alibaba-esa')
    expect(status).toBe(1)
  })

  test.each([
    [true, ['1', 'on', 'TRUE', 'Yes', 'y', '01', 'please']],
    [false, ['', '0', 'false', 'No', 'OFF', undefined]],
  ])('a dry run is %s where its variable says so, however it is written', (dryRun, values) => {
    const settings = {
      KEYSWEEP_PROVIDER: 'yandex',
      KEYSWEEP_CONTAINER: 'photos',
      KEYSWEEP_IAM_TOKEN: 'token',
      KEYS_FILE: 'keys.txt',
    }
    for (const value of values)
      expect([value, readSettings({ ...settings, KEYSWEEP_DRY_RUN: value }).dryRun]).toEqual([value, dryRun])
  })

  describe('with variables, against a cloud in another process', () => {
    let server: ServerProcess
    const keysFile = () => join(folder, 'keys.txt')

    beforeAll(async () => {
      server = await ServerProcess.start()
      await writeKeys(keysFile(), 1500)
    })

    afterAll(() => server.stop())

    const settings = (store: StoreName, container: string) => ({
      KEYSWEEP_PROVIDER: store,
      KEYSWEEP_CONTAINER: container,
      KEYSWEEP_ACCESS_KEY_ID: ID,
      KEYSWEEP_SECRET_ACCESS_KEY: SECRET,
      KEYSWEEP_ENDPOINT: server.endpoints[store],
      ...(store === 'ctyun-zos' && { KEYSWEEP_REGION: 'region-1' }),
      KEYS_FILE: keysFile(),
    })

    test.each(STORES)('%s: the keys of the file are deleted, and no others', async (store) => {
      await server.order({ name: 'fill', store, container: 'yours', count: 2000 })
      const { status, output } = await quickstart(settings(store, 'yours'))
      expect(row(output, store).slice(0, 2)).toEqual([1500, 0])
      expect(await server.keys(store, 'yours')).toEqual(Array.from({ length: 500 }, (_, index) => keyAt(1500 + index)))
      expect(output).not.toMatch(/archive|R&D|emulator-secret/)
      expect(status).toBe(0)
    })

    test("the provider's own variables and a token will do", async () => {
      await server.order({ name: 'fill', store: 's3', container: 'own', count: 1500 })
      const { KEYSWEEP_ACCESS_KEY_ID, KEYSWEEP_SECRET_ACCESS_KEY, ...rest } = settings('s3', 'own')
      const own = { AWS_ACCESS_KEY_ID: KEYSWEEP_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: KEYSWEEP_SECRET_ACCESS_KEY }
      expect((await quickstart({ ...rest, ...own })).status).toBe(0)
      expect(await server.keys('s3', 'own')).toEqual([])

      await server.order({ name: 'fill', store: 'yandex', container: 'own', count: 1500 })
      const { KEYSWEEP_ACCESS_KEY_ID: _id, KEYSWEEP_SECRET_ACCESS_KEY: _secret, ...place } = settings('yandex', 'own')
      expect((await quickstart({ ...place, KEYSWEEP_IAM_TOKEN: 'emulator-iam-token' })).status).toBe(0)
      expect(await server.keys('yandex', 'own')).toEqual([])
    })

    test('failed keys are counted by reason, and shown only where that is asked for', async () => {
      await server.order({ name: 'fill', store: 'ncloud', container: 'refusing', count: 1500 })
      await server.order({ name: 'faults', store: 'ncloud', faults: { keyErrors: { AccessDenied: 0.2 } } })
      const quiet = await quickstart(settings('ncloud', 'refusing'))
      expect(quiet.output).toMatch(/\d+ × AccessDenied \(refused\)/)
      expect(quiet.output).not.toMatch(/archive|R&D/)
      expect(quiet.status).toBe(1)
      const asked = await quickstart({ ...settings('ncloud', 'refusing'), KEYSWEEP_SHOW_KEYS: '1' })
      expect(asked.output).toMatch(/Some of them:\n {2}".+": AccessDenied \(refused after 1 request\)/)
    })

    test('a wrong secret stops the run, and is not shown', async () => {
      await server.order({ name: 'fill', store: 's3', container: 'kept', count: 1500 })
      const { status, output } = await quickstart({
        ...settings('s3', 'kept'),
        KEYSWEEP_SECRET_ACCESS_KEY: 'wrong-secret',
      })
      expect(output).toContain('KeysweepError: s3: The request signature')
      expect(row(output, 's3').slice(0, 2)).toEqual([0, 1500])
      expect(output).not.toContain('wrong-secret')
      expect(await server.keys('s3', 'kept')).toHaveLength(1500)
      expect(status).toBe(1)
    })

    test('a dry run sends nothing', async () => {
      await server.order({ name: 'fill', store: 's3', container: 'dry', count: 1500 })
      const { status, output } = await quickstart({ ...settings('s3', 'dry'), KEYSWEEP_DRY_RUN: '1' })
      expect(output).toContain('Nothing was sent. 1,500 keys would be, in 2 requests.')
      expect(await server.keys('s3', 'dry')).toHaveLength(1500)
      expect(status).toBe(0)
    })
  })
})

describe('key-lines', () => {
  async function read(content: string | Uint8Array): Promise<string[]> {
    const path = join(folder, 'lines.txt')
    await writeFile(path, content)
    const keys: string[] = []
    for await (const key of keyLines(createReadStream(path))) keys.push(key)
    return keys
  }

  test.each<[name: string, content: string, keys: string[]]>([
    ['keys stand as they are', ' a \n\tb\u2028c\n007\n', [' a ', '\tb\u2028c', '007']],
    ['the last line needs no break', 'a\nb', ['a', 'b']],
    ['empty lines name no key', '\na\n\nb\n\n', ['a', 'b']],
    ['a CR belongs to the key where the first line has none', 'a\nb\r\nc\n', ['a', 'b\r', 'c']],
    ['a CR belongs to the break where the first line has one', 'a\r\nb\r\n\r\nc\n', ['a', 'b', 'c']],
    ['a byte order mark goes', '\ufeffa\nb\n', ['a', 'b']],
  ])('%s', async (_, content, keys) => expect(await read(content)).toEqual(keys))

  test('characters and lines may stand across pieces of the file', async () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => keyAt(index))
    expect(await read(`${keys.join('\n')}\n`)).toEqual(keys)
  })

  test('bytes that are no UTF-8 are an error', async () => {
    await expect(read(new Uint8Array([0x61, 0xff, 0x0a]))).rejects.toThrow(TypeError)
  })
})

describe('the small examples', () => {
  let emulator: Emulator
  let store: S3StorageClient
  const keys = Array.from({ length: 3000 }, (_, index) => keyAt(index))

  beforeEach(() => {
    emulator = createEmulator()
    emulator.state.create('s3', 'photos')
    for (const key of keys) emulator.state.put('s3', 'photos', key)
    const retry = { baseDelayMs: 1 }
    store = new S3StorageClient({ bucket: 'photos', region: 'us-east-1', credentials, fetch: emulator.fetch, retry })
  })

  test('delete-from-file goes on behind its checkpoint, and keeps what failed', async () => {
    const files = {
      keys: join(folder, 'k.txt'),
      checkpoint: join(folder, 'k.checkpoint'),
      failed: join(folder, 'k.failed'),
    }
    await writeKeys(files.keys, keys.length)
    await writeFile(files.checkpoint, '1200')
    emulator.faults('s3', { keyErrors: { AccessDenied: 0.01 } })
    const deleted = await deleteFromFile(store, files)
    const failed = (await readFile(files.failed, 'utf8')).trim().split('\n')
    const names = failed.map((line) => (JSON.parse(line) as { key: string }).key)
    expect(deleted + names.length).toBe(1800)
    expect(new Set(emulator.state.keys('s3', 'photos'))).toEqual(new Set([...keys.slice(0, 1200), ...names]))
    expect(await readFile(files.checkpoint, 'utf8')).toBe('3000')
    expect(await deleteFromFile(store, files)).toBe(0)
  })

  test('abort-and-resume: what one run leaves, the next one deletes', async () => {
    emulator.faults('s3', { latencyMs: 20 })
    const slow = new S3StorageClient({
      bucket: 'photos',
      region: 'us-east-1',
      credentials,
      fetch: emulator.fetch,
      concurrency: 1,
    })
    const first = await deleteUntil(slow, keys, AbortSignal.timeout(30))
    expect(first.left.length).toBeGreaterThan(0)
    expect(first.deleted + first.left.length).toBe(keys.length)
    const second = await deleteUntil(slow, first.left, new AbortController().signal)
    expect([first.failed, second]).toEqual([[], { deleted: first.left.length, left: [], failed: [] }])
    expect(emulator.state.size('s3', 'photos')).toBe(0)
  })

  test('abort-and-resume leaves nothing that always fails', async () => {
    emulator.faults('s3', { keyErrors: { InternalError: 1 } })
    const { left, failed } = await deleteUntil(store, keys.slice(0, 10), new AbortController().signal)
    expect([left, failed.map(({ key }) => key)]).toEqual([[], keys.slice(0, 10)])
  })

  test('sweep-some hands on what its requests were not enough for, and loses no key', async () => {
    emulator.faults('s3', { status: { 500: 0.3 }, keyErrors: { InternalError: 0.01, AccessDenied: 0.01 } })
    let next: Handover | undefined = { from: 0, again: [] }
    const failed: FailedKey[] = []
    let deleted = 0
    let invocations = 0
    for (; next && invocations < 100; invocations++) {
      const progress: Progress = await sweepSome(store, { count: keys.length, at: keyAt }, next, 2)
      deleted += progress.deleted
      failed.push(...progress.failed)
      next = progress.next
    }
    expect(invocations).toBeGreaterThan(2)
    expect(next).toBeUndefined()
    expect(failed.length).toBeGreaterThan(0)
    expect(deleted + failed.length).toBe(keys.length)
    // What is unknown may be gone: half of the answers 500 come after the deed.
    const stored = new Set(emulator.state.keys('s3', 'photos'))
    expect(failed.filter(({ key, outcome }) => outcome !== 'unknown' && !stored.has(key))).toEqual([])
    expect([...stored].filter((key) => !failed.some((item) => item.key === key))).toEqual([])
  })

  test('sweep-some keeps what an earlier invocation left, where this one has no request for it either', async () => {
    const again = keys.map((_, index) => [index, 1] as const)
    const { deleted, next } = await sweepSome(store, { count: 3000, at: keyAt }, { from: 3000, again }, 2)
    expect([deleted, next]).toEqual([2000, { from: 3000, again: again.slice(2000) }])
    expect(new Set(emulator.state.keys('s3', 'photos'))).toEqual(new Set(keys.slice(2000)))
  })

  test('sweep-some hands on numbers, of keys that it names again in the next invocation', async () => {
    emulator.faults('s3', { status: { 503: 1 } })
    const all = { count: keys.length, at: keyAt }
    const { next } = await sweepSome(store, all, { from: 0, again: [] }, 3)
    expect(next?.again.map(([index]) => index)).toEqual(Array.from({ length: next?.from ?? 0 }, (_, index) => index))
    expect(handoverIn(JSON.stringify(next), keys.length)).toEqual(next)
    emulator.faults('s3', {})
    const rest = await sweepSome(store, all, next as Handover, 10)
    expect(rest).toEqual({ deleted: keys.length, failed: [] })
  })

  test('sweep-some gives up what always fails, though no invocation has the requests to try it often', async () => {
    emulator.faults('s3', { keyErrors: { InternalError: 1 } })
    let next: Handover | undefined = { from: 0, again: [] }
    const failed: FailedKey[] = []
    for (let invocations = 0; next && invocations < 100; invocations++) {
      const progress: Progress = await sweepSome(store, { count: keys.length, at: keyAt }, next, 1)
      failed.push(...progress.failed)
      next = progress.next && handoverIn(JSON.stringify(progress.next), keys.length)
    }
    expect(next).toBeUndefined()
    expect(failed.map(({ key }) => key)).toEqual(keys)
    expect(new Set(failed.map(({ attempts, code }) => `${attempts} ${code}`))).toEqual(new Set(['5 InternalError']))
    // Five times each, 1,000 keys a request.
    expect(emulator.stats.s3.requests).toBe(15)
  })

  test.each([
    '',
    'null',
    '[]',
    '{"from":0}',
    '{"from":-1,"again":[]}',
    '{"from":0.5,"again":[]}',
    '{"from":"0","again":[]}',
    '{"from":3001,"again":[]}',
    '{"from":10,"again":[[10,0]]}',
    '{"from":10,"again":[[-1,0]]}',
    '{"from":10,"again":[["photos/invoice.pdf",0]]}',
    '{"from":10,"again":[1]}',
    '{"from":10,"again":[[1]]}',
    '{"from":10,"again":[[1,0,0]]}',
    '{"from":10,"again":[[1,-1]]}',
    '{"from":10,"again":[[1,5]]}',
    '{"from":2,"again":[[0,0],[1,0],[0,0]]}',
  ])('no invocation hands on %s', (text) => {
    expect(handoverIn(text, 3000)).toBeUndefined()
  })

  test('the worker sends nothing for what no invocation handed on', async () => {
    const environment = {
      BUCKET: 'photos',
      REGION: 'us-east-1',
      ACCESS_KEY_ID: ID,
      SECRET_ACCESS_KEY: SECRET,
      TOKEN: 't',
    }
    const ask = async (body: string | undefined, method = 'POST') => {
      const init = { method, headers: { authorization: 'Bearer t' }, ...(body !== undefined && { body }) }
      return (await worker.fetch(new Request('https://worker.example/', init), environment)).status
    }
    expect(await ask(undefined, 'GET')).toBe(405)
    expect(await ask('{"from":0,"again":["a"]}')).toBe(400)
    expect(
      await ask(JSON.stringify({ from: 200_000, again: Array.from({ length: 199_999 }, (_, index) => [index, 1]) })),
    ).toBe(400)
  })

  test('put-entries writes values that expire', async () => {
    emulator.state.create('alibaba-esa', 'sessions')
    const kv = new EsaKvClient({ namespace: 'sessions', credentials, fetch: emulator.fetch })
    const report = await putSessions(kv, [
      { id: '1', user: 'ann' },
      { id: '2', user: 'bob' },
    ])
    expect(report.written).toEqual([{ key: 'session:1' }, { key: 'session:2' }])
    expect(emulator.state.keys('alibaba-esa', 'sessions')).toEqual(['session:1', 'session:2'])
  })

  test('retry-failed outlasts an outage', async () => {
    emulator.faults('s3', { status: { 503: 1 } })
    setTimeout(() => emulator.faults('s3', {}), 100)
    const { deleted, failed } = await deletePatiently(store, keys, { rounds: 20, pauseMs: 50 })
    expect(failed).toEqual([])
    expect(deleted).toHaveLength(keys.length)
    expect(emulator.state.size('s3', 'photos')).toBe(0)
  })
})

describe('the documents', () => {
  const PRELUDE = `
import type { KeyPair } from 'keysweep'
declare const credentials: KeyPair
declare const keys: string[]
`

  test.each(['README.md', 'docs/emulator.md', 'docs/pages-and-workers.md'])(
    'the code of %s compiles',
    async (document) => {
      const text = await readFile(join(ROOT, document), 'utf8')
      const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
      expect(blocks.length).toBeGreaterThan(0)
      // Which the package does not hold.
      expect(blocks.join()).not.toContain("from './examples")
      const { options } = ts.parseJsonConfigFileContent(
        ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
        ts.sys,
        ROOT,
      )
      const sources = new Map(
        blocks.map((code, index) => [
          join(ROOT, `document-${index}.ts`),
          code.includes('const credentials') ? code : PRELUDE + code,
        ]),
      )
      // What a reader is told to copy into their project.
      const copied = join(ROOT, 'in-the-page.ts')
      sources.set(copied, await readFile(join(ROOT, 'examples/secrets/in-the-page.ts'), 'utf8'))
      const host = ts.createCompilerHost(options)
      const { fileExists, getSourceFile, readFile: readSource } = host
      host.fileExists = (path) => sources.has(path) || fileExists(path)
      host.readFile = (path) => sources.get(path) ?? readSource(path)
      host.getSourceFile = (path, ...rest) => {
        const source = sources.get(path)
        return source === undefined
          ? getSourceFile(path, ...rest)
          : ts.createSourceFile(path, source, ts.ScriptTarget.ES2022)
      }
      const program = ts.createProgram([...sources.keys()], { ...options, noUnusedLocals: false }, host)
      const flaws = [...sources.keys()].flatMap((path) =>
        ts
          .getPreEmitDiagnostics(program, program.getSourceFile(path))
          .map((flaw) => ts.flattenDiagnosticMessageText(flaw.messageText, '\n')),
      )
      expect(flaws).toEqual([])
    },
  )

  test('ARCHITECTURE.md names every file of src, and no others', async () => {
    const text = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
    const table = text.slice(text.indexOf('Below `src`'), text.indexOf('Below `test`'))
    const named = [...table.matchAll(/`([\w./-]+\.ts)`(?=.* \|)/g)].map(([, path]) => path)
    const files = await readdir(join(ROOT, 'src'), { recursive: true })
    expect(named.sort()).toEqual(files.filter((path) => path.endsWith('.ts')).sort())
  })

  describe('the error table of README.md says what happens', () => {
    const keys = ['a', 'b', 'c']
    const cases: Readonly<Record<string, { options?: object; keys?: readonly string[]; run?: DeleteOptions }>> = {
      'wrong secret': { options: { credentials: { accessKeyId: ID, secretAccessKey: 'wrong' } } },
      'wrong bucket': { options: { bucket: 'nowhere' } },
      'key of 2,000 bytes': { keys: ['a', 'x'.repeat(2000)] },
      'half a surrogate pair in a key': { keys: ['a', 'x\ud800'] },
      'aborted run': { run: { signal: AbortSignal.abort() } },
    }

    test.each(Object.entries(cases))('%s', async (name, { options, run, ...given }) => {
      const emulator = createEmulator()
      emulator.state.create('s3', 'photos')
      const common = { bucket: 'photos', region: 'us-east-1', credentials, fetch: emulator.fetch }
      const deletion = new S3StorageClient({ ...common, ...options }).deleteMany(given.keys ?? keys, run)
      const said = await deletion.then(
        ({ failed: [failure] }) => [failure?.code, failure?.message],
        (error: KeysweepError) => [error.code, error.message],
      )
      const lines = (await readFile(join(ROOT, 'README.md'), 'utf8')).split('\n')
      const line = lines.find((candidate) => candidate.startsWith(`| ${name} |`))
      for (const part of said) expect(line).toContain(`\`${part}\``)
    })

    test('clock an hour off, and NUL in a key: nothing fails', async () => {
      const emulator = createEmulator()
      emulator.state.create('s3', 'photos')
      const clock = () => new Date(Date.now() - 3_600_000)
      const common = { bucket: 'photos', region: 'us-east-1', credentials, fetch: emulator.fetch }
      const late = await new S3StorageClient({ ...common, clock }).deleteMany(keys)
      expect([late.deleted.length, late.stats.requests]).toEqual([3, 2])
      const odd = await new S3StorageClient(common).deleteMany(['a', 'nul\0key', 'b'])
      expect([odd.deleted.length, odd.stats.requests]).toEqual([3, 2])
    })
  })
})
