/** The regions of the commercial partition, as DescribeRegions lists them. The last word: whether one is opted in to. */
const REGIONS: readonly (readonly [name: string, isOptional?: boolean])[] = [
  ["af-south-1", true],
  ["ap-east-1", true],
  ["ap-northeast-1"],
  ["ap-northeast-2"],
  ["ap-northeast-3"],
  ["ap-south-1"],
  ["ap-south-2", true],
  ["ap-southeast-1"],
  ["ap-southeast-2"],
  ["ap-southeast-3", true],
  ["ap-southeast-4", true],
  ["ca-central-1"],
  ["ca-west-1", true],
  ["eu-central-1"],
  ["eu-central-2", true],
  ["eu-north-1"],
  ["eu-south-1", true],
  ["eu-south-2", true],
  ["eu-west-1"],
  ["eu-west-2"],
  ["eu-west-3"],
  ["il-central-1", true],
  ["me-central-1", true],
  ["me-south-1", true],
  ["sa-east-1"],
  ["us-east-1"],
  ["us-east-2"],
  ["us-west-1"],
  ["us-west-2"],
]

export interface Region {
  readonly name: string
  readonly isOptional: boolean
}

/** A caller's own region is always one, whatever it is called. */
export function regionsSeenFrom(own: string): readonly Region[] {
  const regions = REGIONS.map(([name, isOptional = false]) => ({ name, isOptional }))
  return regions.some(({ name }) => name === own) ? regions : [...regions, { name: own, isOptional: false }]
}

export interface Zone {
  /** As in `us-east-1a`. */
  readonly name: string

  /** As in `use1-az1`: the same place for every account. */
  readonly id: string
}

/** Every region has three. */
export function zonesOf(region: string): readonly Zone[] {
  return ["a", "b", "c"].map((letter, at) => ({ name: `${region}${letter}`, id: `${shortened(region)}-az${at + 1}` }))
}

/** AWS writes `us-east-1` as `use1` and `ap-southeast-2` as `apse2`. */
function shortened(region: string): string {
  return region
    .split("-")
    .map((word, at) => (at === 0 || /^\d+$/.test(word) ? word : (DIRECTIONS[word] ?? word.charAt(0))))
    .join("")
}

const DIRECTIONS: Readonly<Record<string, string>> = {
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
}
