import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/** What some of the keys look like, so that escaping is part of the work. All of them stand on one line. */
const SHAPES: readonly ((number: string) => string)[] = [
  (number) => `archive/2024/${number}.json`,
  (number) => `archive/2024/${number}.json`,
  (number) => `archive/2024/${number}.json`,
  (number) => `archive/2024/${number}.json`,
  (number) => `archive/2024/${number}.json`,
  (number) => `archive/2024/${number}.json`,
  (number) => `archive/2024/${number}.json`,
  (number) => ` R&D <${number}> "drafts" `,
  (number) => `großes/日本語/🫖/${number}`,
  (number) => `&#38;\t${number}`,
]

/** The key with this index: the same in every process. */
export const keyAt = (index: number): string =>
  (SHAPES[index % SHAPES.length] as (number: string) => string)(String(index).padStart(8, '0'))

/** Writes keys to a file, one a line. */
export async function writeKeys(path: string, count: number): Promise<void> {
  const file = createWriteStream(path)
  for (let index = 0; index < count; ) {
    const end = Math.min(count, index + 10_000)
    let piece = ''
    for (; index < end; index++) piece += `${keyAt(index)}\n`
    if (!file.write(piece)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
}

/** What became of a key, as one byte of a file of outcomes; the byte's place is the key's index. */
export const OUTCOMES = { deleted: 1, refused: 2, unknown: 3, 'not-sent': 4 } as const
