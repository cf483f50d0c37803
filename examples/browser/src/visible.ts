/** A piece of a key: as it stands, or the sign for a character that would not be seen. */
export interface Piece {
  readonly text: string
  /** What the character is, where `text` only stands for it. */
  readonly means?: string
}

/** Controls, invisible and direction-changing characters, line separators, lone surrogates, and spaces at either end. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^ | $/gu

/** A key in pieces that can all be seen, so that no two keys look alike and none rearranges the page. */
export function pieces(key: string): Piece[] {
  const found: Piece[] = []
  let end = 0
  for (const { 0: character, index } of key.matchAll(UNSEEN)) {
    if (index > end) found.push({ text: key.slice(end, index) })
    found.push(signFor(character))
    end = index + character.length
  }
  if (end < key.length) found.push({ text: key.slice(end) })
  return found
}

function signFor(character: string): Piece {
  const code = character.codePointAt(0) ?? 0
  const means = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  if (code === 0x20) return { text: '␣', means }
  if (code < 0x20) return { text: String.fromCharCode(0x2400 + code), means }
  return { text: code === 0x7f ? '␡' : means, means }
}
