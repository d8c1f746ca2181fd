/** What is told of an EC2 instance type: as much as decides what fits on one. */
export interface InstanceType {
  readonly name: string
  readonly vcpus: number
  readonly memoryMiB: number
  readonly interfaces: number
  readonly addressesPerInterface: number

  /** How many tasks may have an interface of their own when the instance has a trunk; undefined where it cannot have one. */
  readonly trunkInterfaces: number | undefined
  readonly architecture: "x86_64" | "arm64"
  readonly isBurstable: boolean
  readonly hasGpu: boolean
  readonly hasLocalDisk: boolean
  readonly isCurrent: boolean
}

/** Undefined for a type that is not in these tables, and for machines that are nobody's product. */
export function instanceType(name: string): InstanceType | undefined {
  return TYPES.get(name)
}

export function instanceTypes(): readonly InstanceType[] {
  return [...TYPES.values()]
}

/** Size, vCPUs, GiB, interfaces, addresses of each, interfaces on a trunk. */
type Line = readonly [size: string, vcpus: number, gib: number, enis: number, addresses: number, trunk?: number]

const T2: readonly Line[] = [
  ["nano", 1, 0.5, 2, 2],
  ["micro", 1, 1, 2, 2],
  ["small", 1, 2, 3, 4],
  ["medium", 2, 4, 3, 6],
  ["large", 2, 8, 3, 12],
  ["xlarge", 4, 16, 3, 15],
  ["2xlarge", 8, 32, 3, 15],
]

const BURSTABLE: readonly Line[] = [
  ["nano", 2, 0.5, 2, 2],
  ["micro", 2, 1, 2, 2],
  ["small", 2, 2, 3, 4],
  ["medium", 2, 4, 3, 6],
  ["large", 2, 8, 3, 12],
  ["xlarge", 4, 16, 4, 15],
  ["2xlarge", 8, 32, 4, 15],
]

const A1: readonly Line[] = [
  ["medium", 1, 2, 2, 4, 10],
  ["large", 2, 4, 3, 10, 10],
  ["xlarge", 4, 8, 4, 15, 20],
  ["2xlarge", 8, 16, 4, 15, 40],
  ["4xlarge", 16, 32, 8, 30, 60],
]

const M4: readonly Line[] = [
  ["large", 2, 8, 2, 10],
  ["xlarge", 4, 16, 4, 15],
  ["2xlarge", 8, 32, 4, 15],
  ["4xlarge", 16, 64, 8, 30],
  ["10xlarge", 40, 160, 8, 30],
  ["16xlarge", 64, 256, 8, 30],
]

const C4: readonly Line[] = [
  ["large", 2, 3.75, 3, 10],
  ["xlarge", 4, 7.5, 4, 15],
  ["2xlarge", 8, 15, 4, 15],
  ["4xlarge", 16, 30, 8, 30],
  ["8xlarge", 36, 60, 8, 30],
]

const C5: readonly Line[] = [
  ["large", 2, 4, 3, 10, 10],
  ["xlarge", 4, 8, 4, 15, 20],
  ["2xlarge", 8, 16, 4, 15, 40],
  ["4xlarge", 16, 32, 8, 30, 60],
  ["9xlarge", 36, 72, 8, 30, 60],
  ["12xlarge", 48, 96, 8, 30, 60],
  ["18xlarge", 72, 144, 15, 50, 120],
  ["24xlarge", 96, 192, 15, 50, 120],
]

const G4DN: readonly Line[] = [
  ["xlarge", 4, 16, 3, 10],
  ["2xlarge", 8, 32, 3, 10],
  ["4xlarge", 16, 64, 3, 10],
  ["8xlarge", 32, 128, 4, 15],
  ["12xlarge", 48, 192, 8, 30],
  ["16xlarge", 64, 256, 4, 15],
]

const G5: readonly Line[] = [
  ["xlarge", 4, 16, 4, 15, 6],
  ["2xlarge", 8, 32, 4, 15, 19],
  ["4xlarge", 16, 64, 8, 30, 40],
  ["8xlarge", 32, 128, 8, 30, 90],
  ["12xlarge", 48, 192, 15, 50, 120],
  ["16xlarge", 64, 256, 8, 30, 120],
  ["24xlarge", 96, 384, 15, 50, 120],
  ["48xlarge", 192, 768, 7, 50, 120],
]

const P3: readonly Line[] = [
  ["2xlarge", 8, 61, 4, 15, 40],
  ["8xlarge", 32, 244, 8, 30, 60],
  ["16xlarge", 64, 488, 8, 30, 120],
]

/** The fifth generation: what a size has besides its memory, which is so many GiB to the vCPU. */
function fifth(gibPerCpu: number): readonly Line[] {
  return [
    ["large", 2, 2 * gibPerCpu, 3, 10, 10],
    ["xlarge", 4, 4 * gibPerCpu, 4, 15, 20],
    ["2xlarge", 8, 8 * gibPerCpu, 4, 15, 40],
    ["4xlarge", 16, 16 * gibPerCpu, 8, 30, 60],
    ["8xlarge", 32, 32 * gibPerCpu, 8, 30, 60],
    ["12xlarge", 48, 48 * gibPerCpu, 8, 30, 60],
    ["16xlarge", 64, 64 * gibPerCpu, 15, 50, 120],
    ["24xlarge", 96, 96 * gibPerCpu, 15, 50, 120],
  ]
}

/** On AWS's own processors from the sixth generation on. */
function graviton(gibPerCpu: number): readonly Line[] {
  return [["medium", 1, gibPerCpu, 2, 4, 4], ...fifth(gibPerCpu).slice(0, -1)]
}

/** On Intel's and AMD's processors from the sixth generation on; the largest size differs from family to family. */
function sixth(gibPerCpu: number, ...larger: readonly number[]): readonly Line[] {
  return [
    ...fifth(gibPerCpu).slice(0, 4),
    ["8xlarge", 32, 32 * gibPerCpu, 8, 30, 90],
    ["12xlarge", 48, 48 * gibPerCpu, 8, 30, 120],
    ...[16, 24, ...larger].map((size): Line => [`${size}xlarge`, size * 4, size * 4 * gibPerCpu, 15, 50, 120]),
  ]
}

/** Sizes above the usual ones. */
function large(gibPerCpu: number, ...sizes: readonly number[]): readonly Line[] {
  return sizes.map((size) => [`${size}xlarge`, size * 4, size * 4 * gibPerCpu, 15, 50, 120])
}

const FAMILIES: Readonly<Record<string, readonly Line[]>> = {
  t2: T2,
  t3: BURSTABLE,
  t3a: BURSTABLE,
  t4g: BURSTABLE,
  a1: A1,
  m4: M4,
  m5: fifth(4),
  m5a: fifth(4),
  m5ad: fifth(4),
  m5d: fifth(4),
  m6a: sixth(4, 32, 48),
  m6g: graviton(4),
  m6gd: graviton(4),
  m6i: sixth(4, 32),
  m6id: sixth(4, 32),
  m7g: graviton(4),
  m7i: sixth(4, 48),
  c4: C4,
  c5: C5,
  c5a: fifth(2),
  c5d: C5,
  c6a: sixth(2, 32, 48),
  c6g: graviton(2),
  c6gd: graviton(2),
  c6i: sixth(2, 32),
  c6id: sixth(2, 32),
  c7g: graviton(2),
  c7i: sixth(2, 48),
  r5: fifth(8),
  r5a: fifth(8),
  r5ad: fifth(8),
  r5d: fifth(8),
  r6a: sixth(8, 32, 48),
  r6g: graviton(8),
  r6gd: graviton(8),
  r6i: sixth(8, 32),
  r6id: sixth(8, 32),
  r7g: graviton(8),
  r7i: sixth(8, 48),
  g4dn: G4DN,
  g5: G5,
  p3: P3,
  m7a: sixth(4, 32, 48),
  m7gd: graviton(4),
  m8g: [...graviton(4), ...large(4, 24, 48)],
  c7a: sixth(2, 32, 48),
  c7gd: graviton(2),
  c8g: [...graviton(2), ...large(2, 24, 48)],
  r7a: sixth(8, 32, 48),
  r7gd: graviton(8),
  r8g: [...graviton(8), ...large(8, 24, 48)],
}

/** Families of an older generation; AWS lists them apart. */
const PREVIOUS = ["a1", "c4", "m4", "t2"]

function typeOf(
  family: string,
  [size, vcpus, gib, interfaces, addressesPerInterface, trunkInterfaces]: Line,
): InstanceType {
  // AWS's own processors: a1, and a g behind the generation, with what else the type has behind that.
  const isArm = family === "a1" || /^[a-z]+\d+g[a-z]*$/.test(family)
  return {
    name: `${family}.${size}`,
    vcpus,
    memoryMiB: gib * 1024,
    interfaces,
    addressesPerInterface,
    trunkInterfaces,
    architecture: isArm ? "arm64" : "x86_64",
    isBurstable: family.startsWith("t"),
    hasGpu: family.startsWith("g") || family.startsWith("p"),
    hasLocalDisk: /d[a-z]*$/.test(family) || family === "g5",
    isCurrent: !PREVIOUS.includes(family),
  }
}

const TYPES: ReadonlyMap<string, InstanceType> = new Map(
  Object.entries(FAMILIES)
    .flatMap(([family, lines]) => lines.map((line) => typeOf(family, line)))
    .map((type) => [type.name, type]),
)
