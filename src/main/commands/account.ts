import { command } from "../command.ts"
import { createAccounts, status } from "../control.ts"
import { EXIT, Refusal } from "../exit.ts"
import { environment, exports } from "./env.ts"
import { dataOf, dataOption, oneOf, wholeNumber } from "./options.ts"

export const account = command({
  words: "create",
  about:
    "Each account looks like a new AWS account. Prints its number and its root's access key and secret, once and for all.",
  options: {
    ...dataOption,
    count: { type: "string", value: "NUMBER", help: "how many (default 1)" },
    format: {
      type: "string",
      value: "FORMAT",
      help: "env (for one), tsv or json (default env for one, tsv for several)",
    },
    region: { type: "string", value: "NAME", help: "the region in the env format (default us-east-1)" },
  },
  async run(values, words) {
    if (words.length !== 1 || words[0] !== "create")
      throw new Refusal("homeport account knows one thing to do: homeport account create", EXIT.usage)
    const count = wholeNumber("count", values.count ?? "1", 1, 100_000)
    const format = oneOf("format", values.format ?? (count === 1 ? "env" : "tsv"), ["env", "tsv", "json"])
    if (format === "env" && count > 1)
      throw new Refusal("The format env holds one account; take tsv or json for several.", EXIT.usage)

    const data = dataOf(values)
    const made = await createAccounts(data, count)
    if (format === "json") console.log(JSON.stringify(made, undefined, 2))
    else if (format === "tsv")
      console.log(made.map((each) => `${each.account}\t${each.accessKeyId}\t${each.secretAccessKey}`).join("\n"))
    else
      console.log(
        `# account ${made[0]!.account}\n${exports(environment(made[0]!, (await status(data))!, values.region ?? "us-east-1"))}`,
      )
    return EXIT.ok
  },
})
