/**
 * The slow, plain way to decide: it reads each document afresh and follows AWS's page on policy evaluation word by word.
 * It shares no code with what it judges.
 */
export interface OracleQuestion {
  readonly account: string
  readonly arn: string
  readonly identityArn: string | undefined
  readonly identityPolicies: readonly string[]
  readonly boundary: string | undefined
  readonly sessionPolicies: readonly string[] | undefined
  readonly resourcePolicy: string | undefined
  readonly governs: boolean
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, readonly string[]>>
}

/** A document's parts as JSON gives them. */
// biome-ignore lint/suspicious/noExplicitAny: what is read plainly has no types
type Json = Readonly<Record<string, any>>

export function oracle(question: OracleQuestion): string {
  const { identityArn, identityPolicies, boundary, sessionPolicies, resourcePolicy, governs, resource, account } =
    question
  const isRoot = identityArn === undefined
  const groups = [
    { name: "identity", documents: isRoot ? [] : identityPolicies, all: isRoot },
    { name: "resource", documents: resourcePolicy === undefined ? [] : [resourcePolicy], all: false },
    { name: "boundary", documents: boundary === undefined ? [] : [boundary], all: boundary === undefined },
    { name: "session", documents: sessionPolicies ?? [], all: sessionPolicies === undefined },
  ].map((group) => {
    const statements = group.documents.flatMap((text) =>
      matching(JSON.parse(text), question, group.name === "resource"),
    )
    return {
      ...group,
      denied: statements.some(({ Effect }) => Effect === "Deny"),
      allowing: statements.filter(({ Effect }) => Effect === "Allow"),
    }
  })
  const denied = groups.find((group) => group.denied)
  if (denied !== undefined) return `explicit ${denied.name}`

  const says = Object.fromEntries(groups.map(({ name, all, allowing }) => [name, all || allowing.length > 0]))
  const first = (...names: string[]) => {
    const missing = names.find((name) => !says[name])
    return missing === undefined ? "allowed" : `implicit ${missing}`
  }
  const owner = resource.split(":")[4] ?? ""
  if (owner !== "" && owner !== account) return first("identity", "boundary", "session", "resource")

  const { allowing } = groups[1]!
  const names = (wanted: string) => allowing.some((statement) => namesExactly(statement, wanted))
  if (names("*") || names(question.arn) || allowing.some(({ NotPrincipal }) => NotPrincipal !== undefined))
    return "allowed"
  if (isRoot && (names(account) || names(`arn:aws:iam::${account}:root`))) return "allowed"
  if (!isRoot && names(identityArn)) return first("boundary", "session")
  if (governs && allowing.length === 0) return "implicit resource"
  return first("identity", "boundary", "session")
}

function matching(document: Json, question: OracleQuestion, needsPrincipal: boolean): Json[] {
  const variables = document.Version === "2012-10-17"
  return listOf<Json>(document.Statement).filter((statement) => {
    if (needsPrincipal && !principalApplies(statement, question)) return false
    const action = question.action.toLowerCase()
    const actions = (name: string) =>
      listOf<string>(statement[name]).some((one) => regexp(one.toLowerCase()).test(action))
    if (statement.Action !== undefined ? !actions("Action") : actions("NotAction")) return false
    const resources = (name: string) =>
      listOf<string>(statement[name]).some((one) => {
        const filled = fill(one, variables, question, true)
        return filled !== undefined && regexp(filled).test(question.resource)
      })
    if (statement.Resource !== undefined && !resources("Resource")) return false
    if (statement.NotResource !== undefined && resources("NotResource")) return false
    return Object.entries(statement.Condition ?? {}).every(([operator, block]) =>
      Object.entries(block as Json).every(([key, values]) =>
        conditionHolds(operator, key, listOf(values), variables, question),
      ),
    )
  })
}

function namesExactly({ Principal }: Json, wanted: string): boolean {
  return Principal === "*" ? wanted === "*" : listOf(Principal?.AWS).includes(wanted)
}

function principalApplies(statement: Json, { account, arn, identityArn }: OracleQuestion): boolean {
  const root = `arn:aws:iam::${account}:root`
  const lists = (element: Json, name: string) =>
    (element as unknown) === "*" || listOf(element?.AWS).includes("*") || listOf(element?.AWS).includes(name)
  const listsAccount = (element: Json) => lists(element, root) || lists(element, account)
  const own = identityArn === undefined ? [] : [arn, identityArn]
  if (statement.Principal !== undefined) {
    return listsAccount(statement.Principal) || own.some((name) => lists(statement.Principal, name))
  }
  if (statement.NotPrincipal === undefined) return false
  const listed = [...own.map((name) => lists(statement.NotPrincipal, name)), listsAccount(statement.NotPrincipal)]
  return statement.Effect === "Deny" ? !listed.every(Boolean) : !listed.some(Boolean)
}

function conditionHolds(
  operator: string,
  key: string,
  wanted: readonly unknown[],
  variables: boolean,
  question: OracleQuestion,
): boolean {
  const given = valuesOf(question, key)
  let name = operator
  let quantifier = ""
  if (name.includes(":")) [quantifier, name] = name.split(":") as [string, string]
  if (name === "Null") return wanted.some((value) => String(value) === String(given.length === 0))
  const ifExists = name.endsWith("IfExists")
  if (ifExists) name = name.slice(0, -"IfExists".length)
  const negated = name.includes("Not")
  const plain = name.replace("Not", "")
  if (given.length === 0) return ifExists || quantifier === "ForAllValues" || (quantifier === "" && negated)
  const one = (value: string) => {
    const like = plain === "StringLike" || plain.startsWith("Arn")
    const fits = wanted.some((own) => {
      const filled = fill(String(own), variables, question, like)
      return filled !== undefined && compares(plain, value, filled)
    })
    return fits !== negated
  }
  if (quantifier === "ForAllValues") return given.every(one)
  if (quantifier === "ForAnyValue") return given.some(one)
  return negated ? given.every(one) : given.some(one)
}

function compares(operator: string, value: string, own: string): boolean {
  switch (operator) {
    case "StringEquals":
    case "BinaryEquals":
      return value === unmark(own)
    case "StringEqualsIgnoreCase":
    case "Bool":
      return value.toLowerCase() === unmark(own).toLowerCase()
    case "StringLike":
      return regexp(own).test(value)
    case "ArnLike":
    case "ArnEquals": {
      const split = (text: string) => /^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s.exec(text)?.slice(1)
      const [ownParts, parts] = [split(own), split(value)]
      if (ownParts === undefined || parts === undefined || parts[0] !== "arn") return false
      return ownParts.every((part, index) => regexp(part).test(parts[index]!))
    }
    case "IpAddress": {
      const [base = "", length = "32"] = own.split("/")
      const bits = (text: string) =>
        text
          .split(".")
          .map((byte) => Number(byte).toString(2).padStart(8, "0"))
          .join("")
      return bits(base).slice(0, Number(length)) === bits(value).slice(0, Number(length))
    }
    default: {
      const read = operator.startsWith("Date") ? Date.parse : Number
      const [a, b] = [read(value), read(own)]
      if (operator.endsWith("LessThan")) return a < b
      if (operator.endsWith("LessThanEquals")) return a <= b
      if (operator.endsWith("GreaterThan")) return a > b
      if (operator.endsWith("GreaterThanEquals")) return a >= b
      return a === b
    }
  }
}

function valuesOf({ context }: OracleQuestion, key: string): readonly string[] {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1] ?? []
}

/** What is not to be a wildcard is moved out of their way for a while. */
const MARK = { "*": "\u0001", "?": "\u0002", $: "$" } as const

function fill(text: string, variables: boolean, question: OracleQuestion, marks: boolean): string | undefined {
  if (!variables) return text
  let isMissing = false
  const mark = (value: string) => (marks ? value.replaceAll("*", MARK["*"]).replaceAll("?", MARK["?"]) : value)
  const filled = text.replaceAll(/\$\{([^{}]+)\}/g, (_, inside: string) => {
    if (inside === "*" || inside === "?" || inside === "$") return mark(inside)
    const [key = "", otherwise] = inside.split(/\s*,\s*/)
    const values = valuesOf(question, key)
    if (values.length === 1) return mark(values[0]!)
    if (otherwise !== undefined) return mark(otherwise.slice(1, -1))
    isMissing = true
    return ""
  })
  return isMissing ? undefined : filled
}

function unmark(text: string): string {
  return text.replaceAll(MARK["*"], "*").replaceAll(MARK["?"], "?")
}

function regexp(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
  return new RegExp(`^${unmark(source.replaceAll(MARK["*"], "\\*").replaceAll(MARK["?"], "\\?"))}$`, "s")
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value as T]
}
