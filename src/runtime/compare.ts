/** What `#runtime` offers on either half, to compare bytes. */
export interface Compare {
  /** Whether the bytes are the same. */
  isSame(one: Uint8Array, other: Uint8Array): boolean
}
