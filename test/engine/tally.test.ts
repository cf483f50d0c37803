import { expect, test } from 'vitest'
import { difference, newTally } from '../../src/engine/tally.js'

test('the difference of two readings is that of each number', () => {
  const names = Object.keys(newTally()) as (keyof ReturnType<typeof newTally>)[]
  const reading = (factor: number) =>
    Object.assign(newTally(), ...names.map((name, index) => ({ [name]: factor * (index + 1) })))
  expect(difference(reading(5), reading(2))).toEqual(reading(3))
})
