import { utf8Length, WIDEST } from '../bytes.js'
import type { Whole } from '../operation.js'

/** Whether a key is neither empty nor longer than so many bytes of UTF-8. */
export const fits = (key: string, longest: number): boolean =>
  key !== '' && (key.length * WIDEST <= longest || utf8Length(key) <= longest)

/**
 * The body for as many items as fit: all of `count`, or as many as would fit if all were equally long, or fewer; undefined
 * where not even one fits, or where `write` gives none.
 */
export function asManyAsFit(
  count: number,
  mostBytes: number,
  write: (count: number) => Pick<Whole, 'body' | 'list'> | undefined,
): Whole | undefined {
  let share = 1
  for (let tried = count; tried > 0; ) {
    const written = write(tried)
    if (!written) return undefined
    const bytes = written.body.length
    if (bytes <= mostBytes) return { ...written, count: tried }
    tried = Math.min(Math.floor((tried * mostBytes) / bytes), Math.floor(share * tried))
    // Where that was tried before, the next must be a smaller one.
    share = 0.98
  }
  return undefined
}
