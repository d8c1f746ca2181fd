export interface AnswerStreamOptions {
  readonly signal: AbortSignal

  /** Asked before each piece leaves: what was true when the answer began need not be true any more. */
  readonly mayAnswer: () => boolean

  /** Called once, however the stream ends: read to its end, broken off, or never read at all. */
  readonly over: () => void
}

/** An answer that goes out piece by piece. */
export function answerStream(
  pieces: AsyncIterable<Uint8Array>,
  { signal, mayAnswer, over }: AnswerStreamOptions,
): AsyncIterable<Uint8Array> {
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    signal.removeEventListener("abort", end)
    over()
  }
  if (signal.aborted) end()
  else signal.addEventListener("abort", end)
  return {
    [Symbol.asyncIterator]() {
      const iterator = begun(pieces, end)
      return {
        async next() {
          try {
            const result = await iterator.next()
            if (result.done) end()
            else if (!mayAnswer()) throw new Error("the lead was lost while an answer was on its way")
            return result
          } catch (error) {
            end()
            throw error
          }
        },
        async return() {
          end()
          await iterator.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/** Reading may fail before there is anything to read. */
function begun(pieces: AsyncIterable<Uint8Array>, end: () => void): AsyncIterator<Uint8Array> {
  try {
    return pieces[Symbol.asyncIterator]()
  } catch (error) {
    end()
    throw error
  }
}
