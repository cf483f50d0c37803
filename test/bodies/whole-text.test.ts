import { expect, it } from 'vitest'
import { wholeText } from '../../src/bodies/whole-text.js'
import { text } from '../../src/bytes.js'

const FRAME = { head: 'é["', between: '","', tail: '"]', special: ['"', '\\'] }
const room = { mostBytes: 100, lend: (bytes: number) => new Uint8Array(bytes).fill(1), now: () => 0 }
const write = (keys: readonly string[], longest = 20) => wholeText(keys, longest, FRAME, room)

it.each([[['a', 'b']], [['ü', '日本']], [['a', '\u2028\uffff']]])('keys stand in a frame: %j', (keys) => {
  const { body, count } = write(keys) ?? expect.fail('none')
  expect(text(body)).toBe(`é${JSON.stringify(keys)}`)
  expect(count).toBe(keys.length)
})

it.each(['a"b', 'a\\b', 'ü"', 'ü\\', 'a\n', 'ü\n', '', '\udc00'])('a key cannot be %j', (key) =>
  expect(write(['a', key])).toBeUndefined(),
)

it('keys are as long as they may be, in bytes', () => {
  expect([write(['ü', 'abcd'], 4)?.count, write(['üü', 'abc'], 4)?.count, write(['üüü'], 5)]).toEqual([2, 2, undefined])
})
