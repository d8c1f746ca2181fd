import type { Binding } from "../../agent/records.ts"

export interface Port {
  readonly ContainerPort: number
  readonly Protocol: string
  readonly HostPort: number
  readonly HostIp?: string
}

/** Each port for itself, also those of a range. Behind an interface of its own a task's port is the host's as well. */
export function portsOf(bindings: readonly Binding[], hasInterface: boolean): readonly Port[] {
  return bindings.flatMap((binding) => {
    const [first, last] = rangeOf(binding)
    return Array.from({ length: last - first + 1 }, (_, index) => ({
      ContainerPort: first + index,
      Protocol: binding.protocol,
      ...(hasInterface ? { HostPort: first + index } : { HostPort: hostPortOf(binding) + index, HostIp: "0.0.0.0" }),
    }))
  })
}

function rangeOf({ containerPort, containerPortRange }: Binding): [first: number, last: number] {
  const [first = containerPort, last = first] = (containerPortRange ?? "").split("-").filter(Boolean).map(Number)
  return [first, last]
}

function hostPortOf({ hostPort, hostPortRange }: Binding): number {
  return hostPortRange === undefined ? hostPort : Number.parseInt(hostPortRange, 10)
}
