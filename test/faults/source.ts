import { setTimeout as pause } from 'node:timers/promises'
import type { Given } from './input.js'
import type { Plan } from './plan.js'

/** Thrown by sources, consumers and callbacks of the campaign's own. */
export class Thrown extends Error {}

/** The input in the form the plan asks for, and how far it has been read. */
export class Input {
  pulled = 0
  /** Whether it was told that nobody reads on. */
  closed = false

  /** @param passed Called with the index of each item as it is pulled. */
  constructor(
    readonly plan: Plan,
    readonly given: readonly Given[],
    readonly passed: (index: number) => void,
  ) {}

  /** Whether items are counted as they are pulled, and the end is noticed. */
  get isWatched(): boolean {
    return this.plan.source !== 'array' && this.plan.source !== 'set'
  }

  /** How many items there are, where the form tells. */
  get total(): number | undefined {
    return this.isWatched ? undefined : this.given.length
  }

  open(): unknown {
    const { source } = this.plan
    if (source === 'array') return this.given.map(({ item }) => item)
    if (source === 'set') return new Set(this.given.map(({ item }) => item))
    if (source === 'generator') return this.#generate()
    if (source === 'bare') return { [Symbol.iterator]: () => ({ next: this.#next }) }
    if (source === 'throws') return this.plan.seed % 2 === 0 ? this.#generate() : this.#generateLater()
    return source === 'stream' ? this.#stream() : this.#generateLater()
  }

  readonly #next = (): IteratorResult<unknown> => {
    const { plan, given } = this
    if (plan.source === 'throws' && this.pulled === plan.sourceEnd) throw new Thrown('the source')
    if (this.pulled >= given.length) return { done: true, value: undefined }
    this.passed(this.pulled)
    return { done: false, value: given[this.pulled++]?.item }
  };

  *#generate(): Generator<unknown> {
    try {
      for (let step = this.#next(); !step.done; step = this.#next()) yield step.value
    } finally {
      this.closed = true
    }
  }

  async *#generateLater(): AsyncGenerator<unknown> {
    const { source, sourceEnd } = this.plan
    try {
      for (let step = this.#next(); !step.done; step = this.#next()) {
        if (source === 'slow' && this.pulled % 100 === 1) await pause(this.pulled % 7)
        if (source === 'hangs' && this.pulled > sourceEnd) await new Promise(() => {})
        yield step.value
      }
      if (source === 'hangs') await new Promise(() => {})
    } finally {
      this.closed = true
    }
  }

  #stream(): ReadableStream<unknown> {
    return new ReadableStream({
      pull: (controller) => {
        const { done, value } = this.#next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => {
        this.closed = true
      },
    })
  }
}
