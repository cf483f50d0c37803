import { describe, expect, test } from 'vitest'
import type { ItemOutcome, Verdict } from '../../src/operation.js'
import { fromVectors, recorded } from './corpus.js'
import { examine } from './examine.js'
import { untouched } from './inputs.js'
import { json } from './json-syntax.js'
import { complaints } from './judge.js'
import { mutate } from './mutations.js'
import type { Reading } from './reading.js'
import { xml } from './xml-syntax.js'

const DONE: ItemOutcome<object> = { done: undefined }
const REFUSED: ItemOutcome<object> = { code: 'No', message: 'no', retryable: false, unsure: false }
const items = ['a', 'b', { key: 'v', versionId: '1' }]
const entry = (key: string, version?: string) => ({ key, version })
const says = (reading: Partial<Reading>): Reading => ({ deleted: [], failed: [], isSilenceConsent: true, ...reading })
const verdictOf = (...outcomes: ItemOutcome<object>[]): Verdict<object> => ({ kind: 'outcomes', outcomes })

describe('the judge of the fuzz campaign complains', () => {
  test.each<readonly [what: string, reading: Reading | undefined, quiet: boolean]>([
    ['says nothing', undefined, true],
    ['does not mention it', says({ deleted: [entry('b')] }), false],
    ['calls it failed', says({ failed: [entry('a')] }), true],
    ['calls it both', says({ deleted: [entry('a')], failed: [entry('a')] }), true],
    ['has a failure without a key', says({ failed: [{}] }), true],
    ['has a failure of another key', says({ failed: [entry('x')] }), true],
    ['holds something that is not known', says({ isSilenceConsent: false }), true],
  ])('of a key that is called done where the answer %s', (_, reading, quiet) => {
    expect(complaints(verdictOf(DONE, REFUSED, REFUSED), items, quiet, reading)).toContain('"a" is called done')
  })

  test('of a version that is called done where the answer tells of another', () => {
    const reading = says({ deleted: [entry('v', '2')] })
    expect(complaints(verdictOf(REFUSED, REFUSED, DONE), items, false, reading)).toHaveLength(1)
  })

  test('of everything that is called done without a word for each', () => {
    expect(complaints({ kind: 'outcomes' }, items, false, says({ deleted: [entry('a')] }))).toHaveLength(2)
  })

  test('of a key that is called refused where the answer calls it done', () => {
    const verdict = verdictOf(REFUSED, REFUSED, REFUSED)
    const wrong = complaints(verdict, items, false, says({ deleted: [entry('a')] }))
    expect(wrong).toEqual(['"a" is called certainly not done'])
  })

  test('of what is missing or has no shape', () => {
    expect(complaints(verdictOf(REFUSED), items, false, says({}))).toEqual(['1 outcomes for 3 items'])
    const shapeless = { ...REFUSED, code: '', message: '' }
    expect(complaints(verdictOf(shapeless, REFUSED, REFUSED), items, false, says({}))).toHaveLength(2)
  })

  test('of nothing where all is as it should be', () => {
    const reading = says({ deleted: [entry('a'), entry('v')], failed: [entry('b')] })
    expect(complaints(verdictOf(DONE, REFUSED, DONE), items, false, reading)).toEqual([])
    expect(complaints(verdictOf(DONE, REFUSED, DONE), items, true, says({ failed: [entry('b')] }))).toEqual([])
  })
})

test('the answers it begins with are read as they are meant, by decoder and independent reading alike', async () => {
  const counts = new Map<string, number>()
  for (const { name, input } of [...(await recorded()), ...fromVectors()].map(untouched)) {
    const { wrong, done, overlooked } = await examine(name, input)
    expect({ name, input, wrong, overlooked }).toEqual({ name, input, wrong: [], overlooked: 0 })
    if (done > 0) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  expect([...counts.keys()]).toHaveLength(9)
})

test.each([
  ['part dropped', '<r><a>1</a>2</r>', ['<r>2</r>', '<r><a></a>2</r>', '<r><a>1</a></r>', '']],
  ['part doubled', '<r><a>1</a></r>', ['<r><a>1</a><a>1</a></r>']],
  ['part wrapped', '<r><a>1</a></r>', ['<r><!--<a>1</a>--></r>', '<r><Error><a>1</a></Error></r>']],
  ['part renamed', '<r><a>1</a></r>', ['<r><Error>1</Error></r>', '<Deleted><a>1</a></Deleted>']],
  ['part moved', '<r><a/><b/></r>', ['<r><b/><a/></r>']],
  ['parts swapped', '<r><a/>1</r>', ['<r>1<a/></r>']],
] as const)('XML is changed by whole parts: %s', (kind, text, wanted) => {
  expect(changes(kind, text, xml)).toEqual(expect.arrayContaining([...wanted]))
})

test.each([
  ['part dropped', '{"a":[1,2]}', ['{"a":[2]}', '{"a":[1]}', '{}', '{"a":}']],
  ['part doubled', '{"a":[1]}', ['{"a":[1],"a":[1]}', '{"a":[1,1]}']],
  ['part replaced', '{"a":[1]}', ['{"a":null}', '{"a":["a"]}']],
  ['part renamed', '{"a":[1]}', ['{"__proto__":[1]}', '{"SuccessKeys":[1]}']],
  ['parts swapped', '{"a":1,"b":2}', ['{"b":2,"a":1}', '{"a":2,"b":1}']],
] as const)('JSON is changed by whole parts: %s', (kind, text, wanted) => {
  expect(changes(kind, text, json)).toEqual(expect.arrayContaining([...wanted]))
})

/** Whatever a kind of change can make of a text. */
function changes(kind: string, text: string, syntax: typeof xml): string[] {
  const made = new Set<string>()
  for (let at = 0; at < 12; at++)
    for (let other = 0; other < 120; other++)
      made.add(
        new TextDecoder().decode(mutate(text, { text: [{ kind: kind as never, at, other }], bytes: [] }, syntax)),
      )
  return [...made]
}
