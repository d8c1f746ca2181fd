/** What the thread that writes is told to do, and what it answers. */
export type Order =
  /** Writes a blob that is at hand, and moves it into its place. */
  | { readonly kind: "put"; readonly draft: string; readonly place: Place; readonly bytes: Uint8Array }

  /** Adds to an upload, and to its digest. The bytes are in memory that both threads see. */
  | { readonly kind: "write"; readonly path: string; readonly at: number; readonly bytes: Uint8Array }

  /** Goes on with an upload of which so much is known to be there. */
  | { readonly kind: "resume"; readonly path: string; readonly size: number }

  /** Makes an upload durable, and tells its digest. */
  | { readonly kind: "end"; readonly path: string }

  /** Moves an upload that has ended into its place as a blob. */
  | { readonly kind: "place"; readonly path: string; readonly place: Place }
  | { readonly kind: "close"; readonly path: string; readonly remove: boolean }

/** Where a blob is to be. All are in one folder, so that one sync serves all that arrive together. */
export interface Place {
  readonly folder: string
  readonly name: string
}

export interface Answer {
  readonly id: number

  /** Of an upload that has ended. */
  readonly digest?: string

  readonly error?: { readonly code: string | undefined; readonly message: string }
}
