import { randomFrom } from '../engine/model-store.js'

/** Decisions that fall the same for the same seed. */
export class Dice {
  /** A number from 0 up to 1. */
  readonly random: () => number

  constructor(readonly seed: number) {
    this.random = randomFrom(seed)
    // The first draws of neighbouring seeds are alike.
    this.random()
  }

  /** Dice of their own for one of many like things, so that the order in which these come changes nothing. */
  for(name: string, index = 0): Dice {
    let mixed = this.seed
    for (const char of `${name} ${index}`) mixed = Math.imul(mixed ^ char.charCodeAt(0), 0x01000193)
    return new Dice(mixed)
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  pick<Value>(choices: readonly Value[]): Value {
    return choices[this.between(0, choices.length - 1)] as Value
  }

  /** One of several, each as often as its weight says. */
  weigh<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[]
    let left = this.random() * names.reduce((sum, name) => sum + weights[name], 0)
    for (const name of names) {
      left -= weights[name]
      if (left < 0) return name
    }
    return names[0] as Name
  }

  shuffle<Value>(values: readonly Value[]): Value[] {
    const shuffled = [...values]
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.between(0, last)
      ;[shuffled[last], shuffled[other]] = [shuffled[other] as Value, shuffled[last] as Value]
    }
    return shuffled
  }
}
