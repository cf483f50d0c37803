/**
 * Reads keys from a file of any size, one a line, in UTF-8; never holds more than a piece of it.
 *
 * A key is taken as it stands: nothing is trimmed. Only the line break goes, and a byte order mark at the very beginning. A line
 * ends at LF. If the first line ends in CR LF, the file was written on Windows, and a CR before an LF belongs to the break;
 * otherwise it belongs to the key. Lines of length zero are passed over. Bytes that are no UTF-8 are an error, because a
 * replacement character would name another key.
 *
 * @param pieces The file: in Node `createReadStream(path)`.
 * @param onBytes Told how many bytes of the file were read, each time there are more.
 */
export async function* keyLines(
  pieces: AsyncIterable<Uint8Array>,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let bytes = 0
  let rest = ''
  let breaksWithCr: boolean | undefined
  for await (const piece of pieces) {
    bytes += piece.length
    onBytes?.(bytes)
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      breaksWithCr ??= line.endsWith('\r')
      const key = breaksWithCr && line.endsWith('\r') ? line.slice(0, -1) : line
      if (key !== '') yield key
    }
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
