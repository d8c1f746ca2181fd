/**
 * XML as AWS uses it: a small strict reader for bodies that callers send, and the escapes for what we write.
 *
 * The parser in `@aws-sdk/xml-builder` is made for answers that a client trusts: it skips DOCTYPEs, drops entities that
 * it does not know, recurses as deep as the document, and takes attributes and text that are not XML. A server has to
 * say no to all of that, in bounded time, so it reads for itself.
 */
export interface XmlElement {
  /** Without its prefix: AWS's services go by the names alone. */
  readonly name: string

  /** By their names as written, prefixes and namespace declarations included. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]

  /** All of its own text and CDATA, whatever elements stand between. */
  readonly text: string
}

/** A document that is not XML, or that holds what a body has no business to hold. */
export class XmlError extends Error {
  override readonly name = "XmlError"
}

const DEPTH_MAX = 64

/** Attributes count as well: each of the two is something to keep. */
const ELEMENTS_MAX = 50_000

/** Reads a document of UTF-8 text; throws an XmlError. */
export function readXml(bytes: Uint8Array): XmlElement {
  return new Reader(decode(bytes)).document()
}

const utf8 = new TextDecoder("utf-8", { fatal: true })
const FORBIDDEN = /[^\t\n\r\u0020-\ufffd]/

function decode(bytes: Uint8Array): string {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new XmlError("the document is not UTF-8")
  }
  if (FORBIDDEN.test(text)) throw new XmlError("the document holds a character that XML has no place for")
  return text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text
}

const NAME = /[A-Za-z_:\u00c0-\ufffd][-.\w:\u00b7-\ufffd]*/y
const BLANK = /[ \t\n]*/y
const DECLARATION = /<\?xml[ \t\n][^<>]*\?>/y
const ENCODING = /encoding[ \t\n]*=[ \t\n]*["'](.*?)["']/

interface OpenElement extends XmlElement {
  readonly written: string
  readonly attributes: Map<string, string>
  readonly children: OpenElement[]
  text: string
}

const NO_ATTRIBUTES = new Map<string, string>()

/** One pass from left to right: each step takes what it recognises and moves on, or refuses. */
class Reader {
  readonly #xml: string
  #at = 0
  #elements = 0

  constructor(xml: string) {
    this.#xml = xml
  }

  document(): XmlElement {
    this.#declaration()
    this.#beside()
    const root = this.#startTag()
    if (!root.closed) this.#content(root.element)
    this.#beside()
    if (this.#at < this.#xml.length) throw this.#error("something follows the document")
    return root.element
  }

  #declaration(): void {
    const declaration = this.#take(DECLARATION)
    const encoding = ENCODING.exec(declaration)?.[1]?.toLowerCase()
    if (encoding !== undefined && encoding !== "utf-8" && encoding !== "us-ascii") {
      throw this.#error("the document's encoding is not UTF-8")
    }
  }

  /** What may stand before and after the one element of a document. */
  #beside(): void {
    this.#take(BLANK)
    while (this.#xml.startsWith("<!--", this.#at)) {
      this.#comment()
      this.#take(BLANK)
    }
  }

  /** Everything up to and with the end tag of `root`. The open elements are kept in a list, so that none is too deep for us. */
  #content(root: OpenElement): void {
    const xml = this.#xml
    const open = [root]
    while (open.length > 0) {
      const innermost = open.at(-1)!
      const next = xml.indexOf("<", this.#at)
      if (next === -1) throw this.#error(`<${innermost.written}> is not closed`)
      if (next > this.#at) innermost.text += this.#text(next)

      if (xml.startsWith("</", next)) {
        this.#endTag(innermost)
        open.pop()
      } else if (xml.startsWith("<!--", next)) {
        this.#comment()
      } else if (xml.startsWith("<![CDATA[", next)) {
        innermost.text += this.#upTo("]]>", "<![CDATA[".length)
      } else {
        const { element, closed } = this.#startTag()
        innermost.children.push(element)
        if (!closed) open.push(element)
        if (open.length > DEPTH_MAX) throw this.#error("the document is too deep")
      }
    }
  }

  #text(end: number): string {
    const text = this.#xml.slice(this.#at, end)
    if (text.includes("]]>")) throw this.#error("]]> stands in text")
    const plain = this.#withoutReferences(text)
    this.#at = end
    return plain
  }

  /** Declarations of documents and entities, and instructions to processors, begin with no name and so end here. */
  #startTag(): { element: OpenElement; closed: boolean } {
    if (this.#xml[this.#at] !== "<") throw this.#error("an element is missing")
    this.#at++
    const written = this.#name()
    this.#count()
    const attributes = this.#attributes()
    const closed = this.#xml[this.#at] === "/"
    if (closed) this.#at++
    if (this.#xml[this.#at] !== ">") throw this.#error(`the tag of <${written}> is malformed`)
    this.#at++
    const name = written.slice(written.indexOf(":") + 1)
    return { element: { written, name, attributes, children: [], text: "" }, closed }
  }

  #attributes(): Map<string, string> {
    let attributes = NO_ATTRIBUTES
    for (;;) {
      const blank = this.#take(BLANK)
      const next = this.#xml[this.#at]
      if (next === ">" || next === "/" || next === undefined) return attributes
      if (blank === "") throw this.#error("an attribute does not stand apart")
      const name = this.#name()
      this.#take(BLANK)
      if (this.#xml[this.#at++] !== "=") throw this.#error(`attribute ${name} has no value`)
      this.#take(BLANK)
      const quote = this.#xml[this.#at]
      if (quote !== '"' && quote !== "'") throw this.#error(`attribute ${name} has no quotes`)
      const value = this.#upTo(quote, 1)
      if (value.includes("<")) throw this.#error(`attribute ${name} holds a <`)
      if (attributes.has(name)) throw this.#error(`attribute ${name} stands twice`)
      if (attributes === NO_ATTRIBUTES) attributes = new Map()
      this.#count()
      attributes.set(name, this.#withoutReferences(value.replaceAll(/[\t\n]/g, " ")))
    }
  }

  #count(): void {
    if (++this.#elements > ELEMENTS_MAX) throw this.#error("the document has too many elements")
  }

  #endTag({ written }: OpenElement): void {
    this.#at += 2
    if (this.#name() !== written) throw this.#error(`<${written}> is closed by another's end tag`)
    this.#take(BLANK)
    if (this.#xml[this.#at++] !== ">") throw this.#error(`the end tag of <${written}> is malformed`)
  }

  #comment(): void {
    const comment = this.#upTo("-->", "<!--".length)
    if (comment.includes("--") || comment.endsWith("-")) throw this.#error("-- stands in a comment")
  }

  #name(): string {
    const name = this.#take(NAME)
    if (name === "") throw this.#error("a name is missing")
    return name
  }

  /** Skips `lead` characters and what follows up to and with `end`; answers with what is between. */
  #upTo(end: string, lead: number): string {
    const start = this.#at + lead
    const found = this.#xml.indexOf(end, start)
    if (found === -1) throw this.#error(`${end} is missing`)
    this.#at = found + end.length
    return this.#xml.slice(start, found)
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const taken = pattern.exec(this.#xml)?.[0] ?? ""
    this.#at += taken.length
    return taken
  }

  #withoutReferences(text: string): string {
    let plain = ""
    let from = 0
    for (let at = text.indexOf("&"); at !== -1; at = text.indexOf("&", from)) {
      const end = text.indexOf(";", at)
      const character = end === -1 ? undefined : referredTo(text.slice(at + 1, end))
      if (character === undefined) throw this.#error("& stands for nothing")
      plain += text.slice(from, at) + character
      from = end + 1
    }
    return from === 0 ? text : plain + text.slice(from)
  }

  #error(complaint: string): XmlError {
    return new XmlError(`${complaint}, near character ${this.#at}`)
  }
}

const ENTITIES = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
])
const NUMERIC = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/

function referredTo(reference: string): string | undefined {
  const [, hexadecimal, decimal] = NUMERIC.exec(reference) ?? []
  if (hexadecimal === undefined && decimal === undefined) return ENTITIES.get(reference)
  const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
  const character = String.fromCodePoint(code)
  return FORBIDDEN.test(character) ? undefined : character
}

// What XML cannot hold at all, not even as a reference, goes out as the replacement character: an answer that no parser
// takes would be worse. A carriage return or, in an attribute, any line break would come out as something else.
const IN_TEXT = /[&<>]|[^\t\n\u0020-\ufffd]/
const IN_ATTRIBUTE = /[&<>"]|[^\u0020-\ufffd]/
const EVERY_IN_TEXT = new RegExp(IN_TEXT, "g")
const EVERY_IN_ATTRIBUTE = new RegExp(IN_ATTRIBUTE, "g")

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
}

export function escapeText(text: string): string {
  return IN_TEXT.test(text) ? text.replaceAll(EVERY_IN_TEXT, escaped) : text
}

export function escapeAttribute(text: string): string {
  return IN_ATTRIBUTE.test(text) ? text.replaceAll(EVERY_IN_ATTRIBUTE, escaped) : text
}

function escaped(character: string): string {
  return ESCAPES[character] ?? "\ufffd"
}
