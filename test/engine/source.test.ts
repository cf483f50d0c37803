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
