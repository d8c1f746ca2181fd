import { command, type Values } from "../command.ts"
import { type AskedPlace, createJoinToken, status } from "../control.ts"
import { EXIT, Refusal } from "../exit.ts"
import { dataOf, dataOption, oneOf, wholeNumber } from "./options.ts"

const options = {
  ...dataOption,
  as: {
    type: "string",
    value: "KIND",
    help: "container-instance, external or fargate: what the machine is to be (default container-instance)",
  },
  cluster: { type: "string", value: "NAME", help: "that it belongs to (default default)" },
  region: { type: "string", value: "NAME", help: "in which it answers (default us-east-1)" },
  account: { type: "string", value: "NUMBER", help: "whose it is (default the first account)" },
  minutes: { type: "string", value: "NUMBER", help: "how long the token is good (default 15)" },
} as const

export const token = command({
  words: "create",
  about: `Prints a token with which one machine can join, once: homeport node join --server URL --token TOKEN
Where the region's certificate is of Homeport's own authority, the token says so: the machine trusts no other.`,
  options,
  async run(values, words) {
    if (words.length !== 1 || words[0] !== "create")
      throw new Refusal("homeport token knows one thing to do: homeport token create", EXIT.usage)
    const data = dataOf(values)
    const minutes = wholeNumber("minutes", values.minutes ?? "15", 1, 24 * 60)
    const made = await createJoinToken(data, placeOf(values), minutes * 60_000)
    console.log(made)
    const { advertised, endpoint } = (await status(data))!
    console.error(`Good for ${minutes} minutes, once. On the machine that is to join:
sudo ./homeport node join --server ${advertised ?? endpoint} --token ${made}`)
    if (advertised === undefined)
      console.error(
        "That has to be this machine: the region listens on the loopback only. Start it with --listen ADDRESS.",
      )
    return EXIT.ok
  },
})

function placeOf({ as = "container-instance", cluster, region, account }: Values<typeof options>): AskedPlace {
  const kind = oneOf("as", as, ["container-instance", "external", "fargate"])
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw new Refusal(`--account takes the twelve digits of an account, not "${account}".`, EXIT.usage)
  if (kind === "fargate" && (cluster ?? account) !== undefined)
    throw new Refusal(
      "Fargate capacity belongs to no cluster and no account; leave out --cluster and --account.",
      EXIT.usage,
    )
  return {
    kind,
    region: region ?? "us-east-1",
    cluster: cluster ?? "default",
    ...(account === undefined ? {} : { account }),
  }
}
