/**
 * The variables of an environment file, as `docker run --env-file` and ECS read it: a line each, `NAME=value`, with
 * nothing taken away from the value. Lines that begin with # say nothing.
 */
export function readEnvironmentFile(text: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const said = line.trimStart()
    if (said === "" || said.startsWith("#")) continue
    const end = said.indexOf("=")
    const name = end === -1 ? said : said.slice(0, end)
    // The line may be a secret, so only its place is told.
    if (end < 1 || /\s/.test(name)) throw new Error(`line ${index + 1} is not of the form NAME=value`)
    variables[name] = said.slice(end + 1)
  }
  return variables
}
