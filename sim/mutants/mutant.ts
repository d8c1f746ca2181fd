/** A bug to plant: where the text of the source says `search`, it is to say `replace`. Whoever moves the code moves this. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly search: string
  readonly replace: string

  /** What a user would notice. */
  readonly breaks: string
}
