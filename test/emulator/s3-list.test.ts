import { beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'
import { NOW, s3, yandex } from './requests.js'

let emulator: Emulator

beforeEach(() => {
  emulator = createEmulator({ clock: () => NOW })
  for (const store of ['s3', 'yandex'] as const) emulator.state.create(store, 'b')
})

const fill = (keys: readonly string[]) => {
  for (const key of keys) emulator.state.put('s3', 'b', key)
}

/** Asks for a list and gives what each element in it says. */
async function list(query: Record<string, string>) {
  const response = await emulator.fetch(await s3({ method: 'GET', path: '/b', query: Object.entries(query) }))
  const body = await response.text()
  const all = (pattern: RegExp) => [...body.matchAll(pattern)].map(([, text]) => text as string)
  return {
    status: response.status,
    keys: all(/<Key>(.*?)<\/Key>/g),
    prefixes: all(/<CommonPrefixes><Prefix>(.*?)<\/Prefix><\/CommonPrefixes>/g),
    named: (name: string) => all(new RegExp(`<${name}>(.*?)</${name}>`, 'g'))[0],
  }
}

/** All pages of a list, each of its keys and prefixes in the order they came. */
async function pages(query: Record<string, string>) {
  const found: string[][] = []
  let more: Record<string, string> | undefined = {}
  while (more) {
    const page = await list({ ...query, ...more })
    expect(page.status).toBe(200)
    found.push([...page.keys, ...page.prefixes].sort())
    const [token, marker] = [page.named('NextContinuationToken'), page.named('NextMarker') ?? page.keys.at(-1)]
    if (page.named('IsTruncated') === 'false') more = undefined
    else more = query['list-type'] ? { 'continuation-token': token as string } : { marker: marker as string }
  }
  return found
}

const KEYS = ['a', 'a/1', 'a/2', 'a/b/3', 'b', 'c/1', 'd']

describe.each([['2'], ['']])('a list of version %s', (version) => {
  const form: Record<string, string> = version ? { 'list-type': version } : {}

  test('has everything without a delimiter, and with an empty one', async () => {
    fill(KEYS)
    expect((await list(form)).keys).toEqual(KEYS)
    expect((await list({ ...form, delimiter: '' })).keys).toEqual(KEYS)
  })

  test('gathers what lies behind a delimiter', async () => {
    fill(KEYS)
    const top = await list({ ...form, delimiter: '/' })
    expect([top.keys, top.prefixes, top.named('Delimiter')]).toEqual([['a', 'b', 'd'], ['a/', 'c/'], '/'])
    const inner = await list({ ...form, delimiter: '/', prefix: 'a/' })
    expect([inner.keys, inner.prefixes]).toEqual([['a/1', 'a/2'], ['a/b/']])
    expect((await list({ ...form, delimiter: '/', prefix: 'a' })).prefixes).toEqual(['a/'])
    expect((await list({ ...form, prefix: 'x' })).keys).toEqual([])
  })

  test.each([1, 2, 3, 4, 5])('comes in pages of %i', async (most) => {
    fill(KEYS)
    const flat = await pages({ ...form, 'max-keys': String(most) })
    expect(flat.flat()).toEqual(KEYS)
    const grouped = await pages({ ...form, delimiter: '/', 'max-keys': String(most) })
    expect(grouped.flat().sort()).toEqual(['a', 'a/', 'b', 'c/', 'd'])
    expect(grouped.every(({ length }) => length <= most)).toBe(true)
  })

  test('has no prefix of keys that are gone', async () => {
    emulator.state.create('s3', 'b', { versioning: true })
    fill(KEYS)
    await emulator.fetch(await s3({ method: 'DELETE', path: '/b/c/1' }))
    expect((await list({ ...form, delimiter: '/' })).prefixes).toEqual(['a/'])
  })

  test('counts a hundred thousand keys behind one delimiter as one', async () => {
    fill(Array.from({ length: 100_000 }, (_, index) => `a/${index}`))
    fill(['b', '\u{1f600}/1', '\uffff/1'])
    const { keys, prefixes } = await list({ ...form, delimiter: '/', 'encoding-type': 'url' })
    expect([keys, prefixes]).toEqual([['b'], ['a/', '%EF%BF%BF/', '%F0%9F%98%80/']])
  })

  test.each([
    [{ 'max-keys': 'x' }, 'Provided max-keys not an integer or within integer range', 'max-keys'],
    [{ 'max-keys': '-1' }, 'Provided max-keys not an integer or within integer range', 'max-keys'],
    [{ 'max-keys': '0x2' }, 'Provided max-keys not an integer or within integer range', 'max-keys'],
    [{ 'encoding-type': 'foo' }, 'Invalid Encoding Method specified in Request', 'encoding-type'],
  ])('is refused with %o', async (query, message, name) => {
    const { status, named } = await list({ ...form, ...query })
    expect([status, named('Code'), named('Message')]).toEqual([400, 'InvalidArgument', message])
    expect([named('ArgumentName'), named('ArgumentValue')]).toEqual([name, Object.values(query)[0]])
  })

  test.each([
    ['0', '0'],
    ['', '1000'],
    ['5000', '1000'],
  ])('of at most "%s" keys', async (asked, most) => {
    expect((await list({ ...form, 'max-keys': asked })).named('MaxKeys')).toBe(most)
  })
})

test.each(['', '!!', 'junk', btoa('a')])('the token "%s" was never given', async (token) => {
  const { status, named } = await list({ 'list-type': '2', 'continuation-token': token })
  expect([status, named('Code')]).toEqual([400, 'InvalidArgument'])
  expect(named('Message')).toBe('The continuation token provided is incorrect')
})

test.each([{ 'list-type': '3' }, { 'list-type': '2', marker: 'a' }, { marker: 'a', 'start-after': 'a' }])(
  '%o is not implemented',
  async (query) => {
    expect((await list(query)).status).toBe(501)
  },
)

test.each<[Record<string, string>, string | undefined]>([
  [{}, 'emulator'],
  [{ 'list-type': '2' }, undefined],
  [{ 'list-type': '2', 'fetch-owner': 'false' }, undefined],
  [{ 'list-type': '2', 'fetch-owner': 'true' }, 'emulator'],
])('%o says whose an object is: %s', async (query, owner) => {
  fill(['a'])
  const { status, keys, named } = await list(query)
  expect([status, keys, named('Owner')]).toEqual([200, ['a'], owner && `<ID>${owner}</ID>`])
})

test('the time in a list is that of the object, in whole seconds', async () => {
  emulator = createEmulator({ clock: () => new Date(NOW.getTime() + 987) })
  emulator.state.create('s3', 'b')
  fill(['a'])
  const head = await emulator.fetch(await s3({ method: 'HEAD', path: '/b/a' }))
  const time = '2026-01-02T03:04:05.000Z'
  expect(new Date(head.headers.get('last-modified') ?? '').toISOString()).toBe(time)
  for (const query of [{}, { 'list-type': '2' }, { versions: '' }])
    expect((await list(query as Record<string, string>)).named('LastModified')).toBe(time)
})

test('buckets say where they are', async () => {
  const at = async (send: typeof s3) =>
    (await emulator.fetch(await send({ method: 'GET', path: '/b', query: [['location', '']] }))).text()
  const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
  expect(await at(s3)).toContain(`<LocationConstraint ${namespace}></LocationConstraint>`)
  expect(await at(yandex)).toContain(`<LocationConstraint ${namespace}>ru-central1</LocationConstraint>`)
})
