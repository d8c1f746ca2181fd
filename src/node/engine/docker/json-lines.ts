/** Docker tells how it gets on in lines of JSON. */
export async function* linesOfJson<Line>(
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder()
  let rest = ""
  try {
    for await (const chunk of chunks) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n")
      rest = lines.pop()!
      for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as Line
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as Line
}
