/** What goes wrong with one request; several things may at once. */
export interface Fault {
  /** Answered with instead of what was asked for. */
  readonly status?: number

  /** In seconds, or a date, as HTTP has it. */
  readonly retryAfter?: string

  /** The connection ends after so many bytes of the body. */
  readonly cutAfter?: number

  /** One bit of the body is not what it was. */
  readonly corrupt?: boolean

  /** The digest that the header of a manifest then claims. */
  readonly digest?: string

  /** The answer to a request for a part is the whole. */
  readonly ignoresRange?: boolean

  /** Nothing is answered before this resolves. */
  readonly hold?: Promise<void>
}
