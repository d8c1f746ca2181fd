/** Every address of a subnet that a container may have, in order from behind an index on and then from the beginning. */
export function* addressesOf(subnet: string, behind: number) {
  const [network, length] = subnet.split("/")
  const prefixLength = Number(length)
  const base = network!.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0)
  // Neither the first, which is the network, nor the last, which is everybody.
  const count = 2 ** (32 - prefixLength) - 2
  for (let step = 1; step <= count; step++) {
    const index = ((behind + step - 1) % count) + 1
    const bytes = [24, 16, 8, 0].map((shift) => Math.floor((base + index) / 2 ** shift) % 256)
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0"))
    yield { index, address: bytes.join("."), macAddress: ["02", "42", ...hex].join(":"), prefixLength }
  }
}
