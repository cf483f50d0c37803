/** Reads the body of a request, and no further than `mostBytes`: undefined where there is more. */
export async function readBody({ body }: Request, mostBytes: number): Promise<Blob | undefined> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const piece of body ?? []) {
    bytes += piece.length
    if (bytes > mostBytes) return undefined
    pieces.push(piece)
  }
  return new Blob(pieces)
}
