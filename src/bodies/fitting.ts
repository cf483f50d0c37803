import { utf8Length, WIDEST } from '../bytes.js'
import type { Whole } from '../operation.js'

/** Whether a key is neither empty nor longer than so many bytes of UTF-8. */
export const fits = (key: string, longest: number): boolean =>
  key !== '' && (key.length * WIDEST <= longest || utf8Length(key) <= longest)

/**
 * The body for as many of the leading texts as fit: all that could if each character took a byte, or as many as would if all
 * were equally long, or fewer; undefined where not even one fits, or where `write` gives none.
 *
 * @param around Bytes around all of them.
 * @param between Bytes after each.
 */
export function asManyAsFit(
  texts: readonly string[],
  around: number,
  between: number,
  mostBytes: number,
  write: (texts: readonly string[]) => Pick<Whole, 'body' | 'list'> | undefined,
): Whole | undefined {
  let count = 0
  let least = around
  for (const text of texts) {
    least += text.length + between
    if (least > mostBytes) break
    count++
  }
  // Where the guess was tried before, the next must be a smaller one.
  for (let share = 1; count > 0; share = 0.98) {
    const written = write(count < texts.length ? texts.slice(0, count) : texts)
    if (!written) return undefined
    const bytes = written.body.length
    if (bytes <= mostBytes) return { ...written, count }
    count = Math.min(Math.floor((count * mostBytes) / bytes), Math.floor(share * count))
  }
  return undefined
}
