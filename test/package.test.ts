import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installPacked } from './packed.js'

// The package as a user gets it: built, packed and installed in an empty project.

/** Of every provider: its client, how to construct it, and what only its own code contains. */
const PROVIDERS = {
  'alibaba-dcdn': { client: 'DcdnKvClient', options: { namespace: 'box' }, telltales: ['dcdn.aliyuncs.com'] },
  'alibaba-esa': { client: 'EsaKvClient', options: { namespace: 'box' }, telltales: ['esa.cn-hangzhou'] },
  'ctyun-zos': {
    client: 'CtyunZosClient',
    options: { bucket: 'box', regionId: 'r' },
    telltales: ['ctapi.ctyun.cn', 'eop-authorization'],
  },
  ncloud: { client: 'NcloudStorageClient', options: { bucket: 'box' }, telltales: ['ncloudstorage.com'] },
  s3: {
    client: 'S3StorageClient',
    options: { bucket: 'box', region: 'us-east-1' },
    telltales: ['}.amazonaws.com'],
  },
  yandex: { client: 'YandexStorageClient', options: { bucket: 'box' }, telltales: ['storage.yandexcloud.net'] },
}
type Name = keyof typeof PROVIDERS
const NAMES = Object.keys(PROVIDERS) as Name[]
const JSON_AND_FORMS: Name[] = ['alibaba-dcdn', 'alibaba-esa', 'ctyun-zos']

/** Deletes from the emulator with every client, then without a server to connect to. Takes sockets where there are any. */
const PROGRAM = `
const PROVIDERS = ${JSON.stringify(PROVIDERS)}
async function run(load, sockets) {
  const main = await load('keysweep')
  const { createEmulator } = await load('keysweep/emulator')
  const emulator = createEmulator()
  const { endpoints, close } = sockets ? await emulator.listen() : {}
  const credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
  const deleted = {}
  const refused = {}
  const retry = { maxAttempts: 2, baseDelayMs: 1 }
  const clients = {}
  for (const [name, { client, options }] of Object.entries(PROVIDERS)) {
    const door = await load('keysweep/' + name)
    if (door[client] !== main[client]) throw new Error(client + ' is two classes')
    const reach = sockets ? { endpoint: endpoints[name] } : { fetch: emulator.fetch }
    clients[name] = new door[client]({ ...options, ...reach, credentials, retry })
    emulator.state.create(name, 'box')
    for (const key of ['a', 'b', 'c']) emulator.state.put(name, 'box', key)
    const report = await clients[name].deleteMany(['a', 'b'])
    deleted[name] = [report.deleted.map(({ key }) => key), emulator.state.keys(name, 'box')]
    const wrong = { ...credentials, secretAccessKey: 'wrong' }
    const error = await new door[client]({ ...options, ...reach, credentials: wrong }).deleteMany(['c']).catch((e) => e)
    if (!main.isKeysweepError(error)) throw error
  }
  await close?.()
  if (sockets)
    for (const [name, client] of Object.entries(clients)) {
      const { failed, stats } = await client.deleteMany(['c'])
      refused[name] = [failed[0].code, failed[0].attempts, stats.retries]
    }
  console.log(JSON.stringify({ deleted, refused }))
}
`
const fromEach = <Value>(value: Value) => Object.fromEntries(NAMES.map((name) => [name, value]))
const DELETED = fromEach([['a', 'b'], ['c']])
/** A reset of the transport's own kind is recognised, and tried again. */
const REFUSED = fromEach(['NetworkError', 2, 1])

const CONSUMER = `
import { type DeleteReport, EsaKvClient, isKeysweepError, KeysweepError } from 'keysweep'
import { createEmulator } from 'keysweep/emulator'
${NAMES.map((name) => `import { ${PROVIDERS[name].client} as From_${PROVIDERS[name].client} } from 'keysweep/${name}'`).join('\n')}
const emulator = createEmulator()
const credentials = { accessKeyId: 'k', secretAccessKey: 's' }
const client: From_EsaKvClient = new EsaKvClient({ namespace: 'n', credentials, fetch: emulator.fetch })
export const report: Promise<DeleteReport> = client.deleteMany(['a'])
export const all = [${NAMES.map((name) => `From_${PROVIDERS[name].client}`)}]
export const known = (error: unknown): KeysweepError | undefined => (isKeysweepError(error) ? error : undefined)
// @ts-expect-error: a namespace is needed
new EsaKvClient({ credentials })
`

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
let folder: string
let app: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keysweep-'))
  app = await installPacked(folder)
}, 240_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the installed package', () => {
  test('has a door for every provider, and no other', async () => {
    const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    const files = (await readdir(join(root, 'src/providers'))).map((file) => basename(file, '.ts'))
    expect(files.sort()).toEqual(NAMES)
    expect(Object.keys(exports).sort()).toEqual(
      ['.', './emulator', './package.json', ...files.map((file) => `./${file}`)].sort(),
    )
  })

  test('holds what a user needs, and no path of the machine that built it', async () => {
    const installed = join(app, 'node_modules/keysweep')
    const files = await readdir(installed, { recursive: true, withFileTypes: true })
    const names = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
    expect(names.filter((name) => !/(dist\/.*\.(c?js|d\.c?ts)|package\.json|LICENSE|\.md)$/.test(name))).toEqual([])
    const texts = await Promise.all(names.map((name) => readFile(name, 'utf8')))
    expect(names.filter((_, index) => texts[index]?.includes(root) || texts[index]?.includes(folder))).toEqual([])
  })

  const programs = {
    mjs: `${PROGRAM} await run((name) => import(name), process.argv[2] === 'sockets')`,
    cjs: `${PROGRAM} run((name) => require(name), process.argv[2] === 'sockets')`,
  }

  describe.each(Object.entries(programs))('as .%s', (extension, text) => {
    const program = () => join(app, `program.${extension}`)
    beforeAll(() => writeFile(program(), text))

    test('deletes over sockets, and tries again when the connection is refused', async () => {
      const { stdout, stderr } = await run('node', [program(), 'sockets'], { cwd: app })
      expect(JSON.parse(stdout)).toEqual({ deleted: DELETED, refused: REFUSED })
      expect(stderr).toBe('')
    })

    test('deletes with the web half', async () => {
      const { stdout } = await run('node', ['--conditions=worker', program()], { cwd: app })
      expect(JSON.parse(stdout)).toEqual({ deleted: DELETED, refused: {} })
    })
  })

  test.each([
    ['a browser', ['es2022', 'dom'], []],
    ['Node', ['es2022'], ['node']],
  ])('has types in %s', async (_where, lib, types) => {
    const files = ['consumer.mts', 'consumer.cts']
    for (const file of files) await writeFile(join(app, file), CONSUMER)
    const typeRoots = [join(root, 'node_modules/@types')]
    const compilerOptions = { noEmit: true, strict: true, module: 'nodenext', target: 'es2022', lib, types, typeRoots }
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    const { stdout } = await run('npx', ['tsc', '-p', app], { cwd: root }).catch((error) => error)
    expect(stdout).toBe('')
  })

  test('is one thing to isKeysweepError, however it was loaded', async () => {
    const text = `
      import { createRequire } from 'node:module'
      import { isKeysweepError, KeysweepError } from 'keysweep'
      const other = createRequire(import.meta.url)('keysweep')
      const details = { code: 'c', provider: 's3' }
      console.log(
        isKeysweepError(new other.KeysweepError('', details)),
        other.isKeysweepError(new KeysweepError('', details)),
      )`
    await writeFile(join(app, 'both.mjs'), text)
    expect((await run('node', ['both.mjs'], { cwd: app })).stdout).toBe('true true\n')
  })
})

/** Bundles an import as an application would; what is loaded later becomes files of its own. */
async function bundle(contents: string, options: Omit<BuildOptions, 'write' | 'metafile'> = {}) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: app },
    absWorkingDir: app,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'out',
    logLevel: 'silent',
    ...options,
    write: false,
    metafile: true,
  })
  const files = Object.entries(metafile.outputs).map(([path, output]) => ({
    ...output,
    path,
    gzipped: gzipSync(outputFiles.find((file) => file.path === join(app, path))?.contents ?? '').length,
  }))
  const [entry] = files.filter((file) => file.entryPoint === '<stdin>')
  const eager = new Set(entry && [entry])
  for (const { imports } of eager)
    for (const { kind, path } of imports)
      if (kind === 'import-statement') for (const file of files) if (file.path === path) eager.add(file)
  const kilobytes = (some: Iterable<{ gzipped: number }>) =>
    ([...some].reduce((sum, { gzipped }) => sum + gzipped, 0) / 1000).toFixed(1)
  return {
    text: outputFiles.map((file) => file.text).join('\n'),
    inputs: Object.keys(metafile.inputs),
    eagerInputs: [...eager].flatMap((file) => Object.keys(file.inputs)),
    size: `${kilobytes(eager)} of ${kilobytes(files)} kB`,
  }
}

describe('a bundle', () => {
  const sizes: Record<string, string> = {}
  afterAll(() => {
    console.info('Minified and gzipped, at once of all in all:', sizes)
  })

  describe.each(NAMES)('with the client of %s', (name) => {
    const { client, telltales } = PROVIDERS[name]

    test.each([`keysweep/${name}`, 'keysweep'])('from %s holds nothing of another provider', async (door) => {
      const { text, size } = await bundle(`export { ${client} } from '${door}'`)
      sizes[door === 'keysweep' ? `${name} from keysweep` : name] = size
      const all = NAMES.flatMap((each) => PROVIDERS[each].telltales)
      expect(all.filter((each) => text.toLowerCase().includes(each))).toEqual(telltales)
    })
  })

  test.each(JSON_AND_FORMS)('with %s holds no XML parser and no MD5', async (name) => {
    const xmlOrMd5 = (path: string) => /fast-xml-parser|xml-document|spark-md5|checksum/.test(path)
    const { inputs } = await bundle(`export * from 'keysweep/${name}'`)
    expect(inputs.filter(xmlOrMd5)).toEqual([])
    const { eagerInputs } = await bundle(`export { ${PROVIDERS[name].client} } from 'keysweep'`)
    expect(eagerInputs.filter(xmlOrMd5)).toEqual([])
  })

  test.each([
    ['the XML parser', 'fast-xml-parser'],
    ['SHA-256 in JavaScript', 'sha256-'],
  ])('with s3 loads %s only when it is needed', async (_what, part) => {
    const { inputs, eagerInputs } = await bundle(`export * from 'keysweep/s3'`)
    const isPart = (path: string) => path.includes(part)
    expect(inputs.some(isPart)).toBe(true)
    expect(eagerInputs.filter(isPart)).toEqual([])
  })

  const halvesIn = (inputs: string[]) =>
    [...new Set(inputs.flatMap((path) => /dist\/runtime\/(\w+)\//.exec(path)?.[1] ?? []))].sort()

  test.each<[where: string, platform: 'browser' | 'neutral' | 'node', conditions: string[], more?: string[]]>([
    ['a browser', 'browser', []],
    ['no platform in particular', 'neutral', []],
    ['Bun', 'node', ['bun']],
    ['Deno', 'node', ['deno']],
    ['workerd', 'node', ['workerd', 'worker'], ['edge']],
    ['edge-light', 'node', ['edge-light'], ['edge']],
  ])('for %s has the web half alone', async (_where, platform, conditions, more = []) => {
    const { inputs } = await bundle(`export * from 'keysweep/s3'`, {
      platform,
      conditions,
      mainFields: ['browser', 'module', 'main'],
      external: ['buffer'], // What @aws-crypto falls back to where there is no `browser` field.
    })
    expect(halvesIn(inputs)).toEqual([...more, 'web'])
    expect(inputs.filter((path) => path.includes('undici'))).toEqual([])
  })

  test.each(['esm', 'cjs'] as const)('for Node has the Node half alone (%s)', async (format) => {
    const contents = format === 'esm' ? `export * from 'keysweep/s3'` : `exports.s3 = require('keysweep/s3')`
    const { inputs } = await bundle(contents, { platform: 'node', format, splitting: format === 'esm' })
    expect(halvesIn(inputs)).toEqual(['node'])
    expect(inputs.filter((path) => path.includes('spark-md5'))).toEqual([])
  })
})
