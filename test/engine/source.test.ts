import { describe, expect, test } from 'vitest'
import { END, pullFrom } from '../../src/engine/source.js'
import type { Source } from '../../src/items.js'

describe('pullFrom', () => {
  const items = ['a', 'b', 'c']
  const sources: Record<string, () => Source<string>> = {
    array: () => items,
    set: () => new Set(items),
    generator: () =>
      (function* () {
        yield* items
      })(),
    'asynchronous generator': () =>
      (async function* () {
        yield* items
      })(),
    stream: () =>
      new ReadableStream({
        start(controller) {
          for (const item of items) controller.enqueue(item)
          controller.close()
        },
      }),
  }

  test.each(Object.entries(sources))('reads a source to its end: %s', async (name, make) => {
    const puller = pullFrom(make(), 'keys')
    const read: string[] = []
    for (let item = await puller.next(); item !== END; item = await puller.next()) read.push(item)
    expect(read).toEqual(items)
    expect(await puller.next()).toBe(END)
    expect(puller.total).toBe(name === 'array' || name === 'set' ? 3 : undefined)
  })

  const broken = (name: symbol) => ({
    [name]() {
      throw new Error('closed')
    },
  })
  const locked = () => {
    const stream = new ReadableStream<string>()
    stream.getReader()
    return stream
  }
  test.each([
    ['an iterable', () => broken(Symbol.iterator)],
    ['an asynchronous iterable', () => broken(Symbol.asyncIterator)],
    ['a stream that is locked', locked],
  ])('opens %s when it is read, not before', async (_, make) => {
    const puller = pullFrom(make() as Source<string>, 'keys')
    await expect(async () => puller.next()).rejects.toThrow(/closed|locked/)
  })

  test('leaves a stream alone until it is read', () => {
    const stream = new ReadableStream<string>()
    pullFrom(stream, 'keys')
    expect(stream.locked).toBe(false)
  })

  test('believes no size but that of a set or a map itself', () => {
    class Derived extends Set<string> {}
    expect(pullFrom(new Derived(items), 'keys').total).toBeUndefined()
    expect(pullFrom(new Map([['a', 1]]), 'keys').total).toBe(1)
  })

  const rows = () => {
    const row = { key: '', value: '', other: 1 }
    return ['a', 'b', 'c'].map((key) => ({ ...row, key, value: key }))
  }
  const changing: Record<string, () => Source<object>> = {
    array: rows,
    set: () => new Set(rows()),
    'generator that uses one object again': function* () {
      const row = { key: '', value: '', other: 1 }
      for (const key of items) yield Object.assign(row, { key, value: key })
    },
    'asynchronous generator that clears what it gave': async function* () {
      for (const row of rows()) {
        yield row
        row.value = ''
      }
    },
    stream: () => {
      const given = rows().values()
      return new ReadableStream({
        pull: (controller) => {
          const { done, value } = given.next()
          if (done) controller.close()
          else controller.enqueue(value)
        },
      })
    },
  }

  test.each(Object.entries(changing))('takes objects as they are when it is asked for them: %s', async (_, make) => {
    const source = make()
    const puller = pullFrom(source, 'entries', ['key', 'value'])
    const read: object[] = []
    if (puller.some) read.push(...puller.some(2))
    for (let item = await puller.next(); item !== END; item = await puller.next()) read.push(item)
    if (Array.isArray(source)) for (const row of source) row.key = 'changed'
    expect(read).toEqual(['a', 'b', 'c'].map((key) => ({ key, value: key })))
  })

  test('copies dates as well', () => {
    const at = new Date(0)
    const items = [{ key: 'a', expiration: at }]
    const copy = pullFrom(items, 'entries', ['key', 'expiration']).next()
    at.setTime(1)
    expect(copy).toEqual({ key: 'a', expiration: new Date(0) })
  })

  test('asks a getter once, and leaves out what cannot be read', () => {
    let asked = 0
    const item = {
      get key() {
        return `key ${++asked}`
      },
      get value() {
        throw new Error('no')
      },
    }
    const copy = pullFrom<{ key: string }>([item], 'entries', ['key', 'value']).next() as { key: string }
    expect([copy.key, copy.key, asked]).toEqual(['key 1', 'key 1', 1])
    expect(Object.keys(copy)).toEqual(['key'])
  })

  test('leaves what has no key as it is', () => {
    const items = [new Date(0), { key: 1 }, 7, null, ['a']]
    const puller = pullFrom<unknown>(items, 'keys', ['key'])
    for (const item of items) expect(puller.next()).toBe(item)
  })

  test('takes a hole of an array for nothing that is known', () => {
    const holed: string[] = Object.assign(new Array<string>(3), { 0: 'b', 2: 'a' })
    const some = pullFrom(holed, 'keys').some?.(3) ?? []
    expect(Object.keys(some)).toEqual(['0', '1', '2'])
  })

  test('lets go of a source that it did not read to its end', async () => {
    const closed: string[] = []
    function* pending() {
      try {
        yield 'a'
        yield 'b'
      } finally {
        closed.push('iterator')
      }
    }
    async function* pendingLater() {
      try {
        yield 'a'
        yield 'b'
      } finally {
        closed.push('asynchronous iterator')
      }
    }
    const stream = new ReadableStream<string>({
      start: (controller) => controller.enqueue('a'),
      cancel: () => void closed.push('stream'),
    })
    for (const source of [pending(), pendingLater(), stream]) {
      const puller = pullFrom<string>(source, 'keys')
      expect(await puller.next()).toBe('a')
      puller.close()
    }
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(closed.sort()).toEqual(['asynchronous iterator', 'iterator', 'stream'])
  })

  test('lets go of a source that cannot be told to end', () => {
    const next = () => ({ done: false, value: 'a' }) as const
    const sources: Source<string>[] = [
      { [Symbol.iterator]: () => ({ next }) },
      { [Symbol.asyncIterator]: () => ({ next: async () => next() }) },
    ]
    for (const source of sources) expect(() => pullFrom(source, 'keys').close()).not.toThrow()
  })

  test('reads a stream that cannot be iterated over, as some browsers have it', async () => {
    const stream = new ReadableStream<string>({ start: (controller) => controller.enqueue('a') })
    const puller = pullFrom<string>({ getReader: () => stream.getReader() } as ReadableStream<string>, 'keys')
    expect(await puller.next()).toBe('a')
  })

  test.each([
    ['keys', 'string; for a single key write [key]'],
    [new String('keys'), 'an object; for a single key write [key]'],
    [42, 'number'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
    [() => {}, 'function'],
  ])('refuses %o', (source, named) => {
    expect(() => pullFrom(source as unknown as Source<string>, 'keys')).toThrow(
      new TypeError(`keys must be an Iterable, AsyncIterable or ReadableStream, not ${named}`),
    )
  })
})
