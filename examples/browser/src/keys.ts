import { keyLines } from '../../key-lines.js'

/** Keys to delete, and where they come from. */
export interface KeyList {
  readonly name: string
  readonly keys: readonly string[]
}

/** @throws {TypeError} Where the file is no UTF-8. */
export async function keysOfFile(file: File): Promise<KeyList> {
  const keys: string[] = []
  for await (const key of keyLines(piecesOf(file))) keys.push(key)
  return { name: file.name, keys }
}

/** Not every browser can iterate over a stream. */
async function* piecesOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
}

export const keysOfText = (text: string): readonly string[] => text.split('\n').filter((key) => key !== '')

/** What some of the sample keys look like: whatever a store can hold is a key. */
const ODD: readonly ((number: string) => string)[] = [
  (number) => `großes/日本語/🫖/${number}.json`,
  (number) => `=HYPERLINK("https://example.com/${number}","click")`,
  (number) => ` two spaces, leading and trailing ${number} `,
  (number) => `<img src=x onerror=alert(${number})>`,
  (number) => `tab\tand return\r${number}`,
  (number) => `invoice-\u202efdp.exe-${number}`,
  (number) => `"quoted", with commas, ${number}`,
  (number) => `__proto__/${number}`,
]

/** So many keys, every eighth an odd one, and a few that no XML can say: these go alone. */
export function sampleKeys(length: number): KeyList {
  const keys = Array.from({ length }, (_, index) => {
    const number = String(index).padStart(6, '0')
    if (index % 5000 === 8) return `nul\0in the middle ${number}`
    const odd = index % 8 === 4 ? ODD[Math.floor(index / 8) % ODD.length] : undefined
    return odd ? odd(number) : `photos/2024/${number.slice(0, 3)}/${number}.jpg`
  })
  return { name: 'Sample', keys }
}
