import { describe, expect, test } from 'vitest'
import { Stop } from '../src/stop.js'

describe('Stop', () => {
  test('tells whoever listens, once, and whoever comes later', () => {
    const stop = new Stop()
    const told: unknown[] = []
    stop.onStop((reason) => told.push(['before', reason]))
    expect([stop.reason, told]).toEqual([undefined, []])
    stop.stop('first')
    stop.stop('second')
    stop.onStop((reason) => told.push(['after', reason]))
    expect([stop.reason, told]).toEqual([
      'first',
      [
        ['before', 'first'],
        ['after', 'first'],
      ],
    ])
  })
})
