import { copyOf, type Source } from '../items.js'
import { describe } from '../untrusted.js'

/** Pulls items one by one, or some at once; without a promise where the input allows it. */
export interface Puller<Item> {
  /** The items there are, where the input tells. */
  readonly total: number | undefined
  /** The next item, or `END`. */
  next(): Item | typeof END | Promise<Item | typeof END>
  /** As many of the next items as there are, up to `most`, from an input where that is cheaper than one by one. */
  some?(most: number): Item[]
  /** Lets go of an input that was not read to its end. */
  close(): void
}

export const END: unique symbol = Symbol('end of input')

/**
 * Objects are copied as they are pulled, for an input may use one again and again, or clear it.
 *
 * @param members What is copied of them; without, they are taken as they are.
 * @throws {TypeError} Where `source` is nothing to iterate over, or one string, whose characters are hardly meant as keys.
 */
export function pullFrom<Item>(source: Source<Item>, option: string, members: readonly string[] = []): Puller<Item> {
  const copy = (item: Item) => copyOf(item, members)
  const isString = typeof source === 'string' || source instanceof String
  if (typeof source === 'object' && source !== null && !isString) {
    if (Array.isArray(source)) return arrayPuller(source, copy)
    if (Symbol.iterator in source)
      return lazily(() => iteratorPuller(source[Symbol.iterator](), copy), lengthOf(source))
    // Before the asynchronous iterator: not every browser gives streams one.
    if ('getReader' in source)
      return lazily(() => {
        const reader = source.getReader()
        return asyncPuller(
          () => reader.read(),
          () => reader.cancel(),
          copy,
        )
      })
    if (Symbol.asyncIterator in source)
      return lazily(() => {
        const iterator = source[Symbol.asyncIterator]()
        return asyncPuller(
          () => iterator.next(),
          () => iterator.return?.(),
          copy,
        )
      })
  }
  const hint = isString ? '; for a single key write [key]' : ''
  throw new TypeError(`${option} must be an Iterable, AsyncIterable or ReadableStream, not ${describe(source)}${hint}`)
}

type Copy<Item> = (item: Item) => Item

function arrayPuller<Item>(items: readonly Item[], copy: Copy<Item>): Puller<Item> {
  let index = 0
  return {
    total: items.length,
    next: () => (index < items.length ? copy(items[index++] as Item) : END),
    some(most) {
      const some = items.slice(index, index + most)
      index += some.length
      // By index, for it may have holes.
      for (let at = 0; at < some.length; at++) if (typeof some[at] !== 'string') some[at] = copy(some[at] as Item)
      return some
    },
    close() {},
  }
}

type Unsized<Item> = Omit<Puller<Item>, 'total'>

/** Opened when it is first used: what it throws then ends the run, as whatever else it throws. */
function lazily<Item>(open: () => Unsized<Item>, total?: number): Puller<Item> {
  let opened: Unsized<Item> | undefined
  const puller = () => {
    opened ??= open()
    return opened
  }
  return { total, next: () => puller().next(), close: () => puller().close() }
}

function iteratorPuller<Item>(iterator: Iterator<Item>, copy: Copy<Item>): Unsized<Item> {
  return {
    next() {
      const { done, value } = iterator.next()
      return done ? END : copy(value)
    },
    // A moment later: a generator whose own code ends the run cannot be closed while it runs.
    close: () =>
      void Promise.resolve()
        .then(() => iterator.return?.())
        .catch(() => {}),
  }
}

/** For what makes one wait for each item. */
function asyncPuller<Item>(
  next: () => Promise<IteratorResult<Item> | ReadableStreamReadResult<Item>>,
  close: () => unknown,
  copy: Copy<Item>,
): Unsized<Item> {
  return {
    next: async () => {
      const { done, value } = await next()
      return done ? END : copy(value as Item)
    },
    // Not awaited: a generator that hangs in its own await would hang us too.
    close: () => void Promise.resolve(close()).catch(() => {}),
  }
}

/** Only of what is known to count its own items: elsewhere a `size` can mean anything, in a class derived from one of these, too. */
const lengthOf = (source: object & { size?: number }): number | undefined =>
  [Set.prototype, Map.prototype].includes(Object.getPrototypeOf(source)) ? source.size : undefined
