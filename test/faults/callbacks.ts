import type { AttemptEvent, Progress } from 'keysweep'
import type { Moment, Plan } from './plan.js'
import { Thrown } from './source.js'

/** The callbacks of a run, and what they were told. */
export class Callbacks {
  readonly events: AttemptEvent[] = []
  readonly progress: Progress[] = []
  threw = false

  constructor(
    readonly plan: Plan,
    readonly passed: (moment: Moment, index: number) => void,
  ) {}

  readonly onAttempt = (event: AttemptEvent): unknown => {
    this.events.push(event)
    this.passed('attempt', this.events.length - 1)
    return this.#fail('onAttempt', this.events.length - 1)
  }

  readonly onProgress = (progress: Progress): unknown => {
    this.progress.push({ ...progress })
    this.passed('progress', this.progress.length - 1)
    return this.#fail('onProgress', this.progress.length - 1)
  }

  #fail(name: string, index: number): unknown {
    const { callbackFails } = this.plan
    if (callbackFails?.name !== name || callbackFails.index !== index) return undefined
    this.threw = true
    if (callbackFails.later) return Promise.reject(new Thrown(name))
    throw new Thrown(name)
  }
}
