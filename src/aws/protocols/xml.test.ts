import * as fc from "fast-check"
import { expect, test } from "vitest"
import { escapeAttribute, escapeText, readXml, type XmlElement, XmlError } from "./xml.ts"

const read = (xml: string) => readXml(Buffer.from(xml))

test("a document is read into elements with their attributes and text", () => {
  const root = read(`<?xml version="1.0" encoding="UTF-8"?>
    <!-- what a client sends --><Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a = 'x &amp; y'>
      <TagSet ><Tag><Key>a&lt;b</Key><Value/></Tag></TagSet>
    </Tagging> <!-- end -->`)

  expect(root.name).toBe("Tagging")
  expect([...root.attributes]).toEqual([
    ["xmlns", "http://s3.amazonaws.com/doc/2006-03-01/"],
    ["a", "x & y"],
  ])
  const tag = root.children[0]!.children[0]!
  expect(tag.children.map(({ name, text }) => [name, text])).toEqual([
    ["Key", "a<b"],
    ["Value", ""],
  ])
})

test("references and CDATA stand for characters", () => {
  expect(read("<a>&#65;&#x1F600;&quot;&apos;&gt;<![CDATA[<&]]>!</a>").text).toBe("A\u{1f600}\"'><&!")
})

test("line ends are read as one character each, unless they are written as references", () => {
  expect(read("<a>1\r\n2\r3&#xD;4</a>").text).toBe("1\n2\n3\r4")
})

test("a prefix is not part of an element's name, but must be the same at both ends", () => {
  expect(read('<s3:a xmlns:s3="x"/>').name).toBe("a")
  expect(() => read("<x:a></y:a>")).toThrow(XmlError)
})

test.each([
  ["nothing", ""],
  ["no element", "text"],
  ["two documents", "<a/><b/>"],
  ["text after the document", "<a/>b"],
  ["a document type", "<!DOCTYPE a><a/>"],
  ["an entity declaration", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ["an entity that no one declared", "<a>&nbsp;</a>"],
  ["a bare ampersand", "<a>b & c</a>"],
  ["a reference to no character", "<a>&#0;</a>"],
  ["a reference to half a character", "<a>&#xD800;</a>"],
  ["a reference beyond all characters", "<a>&#x110000;</a>"],
  ["a processing instruction", "<a><?php ?></a>"],
  ["an element that is not closed", "<a><b></a>"],
  ["an end tag too many", "<a></a></a>"],
  ["an attribute without quotes", "<a b=c/>"],
  ["an attribute twice", '<a b="1" b="2"/>'],
  ["attributes that touch", '<a b="1"c="2"/>'],
  ["a tag in an attribute", '<a b="<"/>'],
  ["a control character", "<a>\u0001</a>"],
  ["the end of CDATA without its beginning", "<a>]]></a>"],
  ["two hyphens in a comment", "<a><!-- a -- b --></a>"],
  ["another encoding", '<?xml version="1.0" encoding="UTF-16"?><a/>'],
  ["a document that ends in a tag", "<a b"],
])("%s is refused", (_, xml) => {
  expect(() => read(xml)).toThrow(XmlError)
})

test("bytes that are not UTF-8 are refused", () => {
  expect(() => readXml(Uint8Array.of(0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e))).toThrow(XmlError)
})

test("a document may not be deeper or larger than any that AWS's shapes allow", () => {
  expect(() => read("<a>".repeat(1000) + "</a>".repeat(1000))).toThrow("too deep")
  expect(() => read(`<a>${"<b/>".repeat(50_000)}</a>`)).toThrow("too many elements")
  expect(read(`<a>${"<b/>".repeat(49_999)}</a>`).children).toHaveLength(49_999)

  // Attributes are as much work as elements, on one of them or on many.
  const attributes = Array.from({ length: 50_000 }, (_, n) => `a${n}=""`).join(" ")
  expect(() => read(`<a ${attributes}/>`)).toThrow("too many elements")
  expect(() => read(`<a>${'<b c="" d=""/>'.repeat(17_000)}</a>`)).toThrow("too many elements")
})

test("any text comes back as it was written, what XML cannot hold as the replacement character", () => {
  return fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), (inAttribute, inText) => {
      const root = read(`<a b="${escapeAttribute(inAttribute)}">${escapeText(inText)}</a>`)
      expect(root.attributes.get("b")).toBe(held(inAttribute))
      expect(root.text).toBe(held(inText))
    }),
  )
})

function held(text: string): string {
  return text.replaceAll(/[^\t\n\r\u0020-\ufffd]/g, "\ufffd")
}

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/)
const plain = fc.string({ unit: "grapheme-composite" })
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name,
    attributes: fc.dictionary(name, plain, { maxKeys: 2, noNullPrototype: true }),
    children: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie("tree"), { maxLength: 3 })),
    text: plain,
  }),
}))

interface Tree {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Tree[]
  readonly text: string
}

test("a document that is written is read as it was meant", () => {
  return fc.assert(
    fc.property(tree, (given) => {
      expect(treeOf(read(written(given)))).toEqual(given)
    }),
  )
})

function written({ name, attributes, children, text }: Tree): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`)
  return `<${name}${pairs.join("")}>${escapeText(text)}${children.map(written).join("")}</${name}>`
}

function treeOf({ name, attributes, children, text }: XmlElement): Tree {
  return { name, attributes: Object.fromEntries(attributes), children: children.map(treeOf), text }
}

test("whatever is sent is read or refused", () => {
  const scraps = [
    "<",
    ">",
    "</",
    "/>",
    "<a",
    "<a>",
    "</a>",
    "=",
    '"',
    "'",
    "&",
    "&#",
    ";",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml ",
    "?>",
    " b",
  ]
  const soup = fc.array(fc.oneof(fc.constantFrom(...scraps), fc.string())).map((parts) => Buffer.from(parts.join("")))
  return fc.assert(
    fc.property(fc.oneof(soup, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      try {
        readXml(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(XmlError)
      }
    }),
  )
})
