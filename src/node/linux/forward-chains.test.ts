import { expect, test } from "vitest"
import { forwardChains, namesOurLinks, refusesTheRest, remedyFor } from "./forward-chains.ts"

const firewalld = (...zones: string[]) => `table inet firewalld { # handle 4
	chain filter_FORWARD { # handle 9
		type filter hook forward priority filter + 10; policy accept;
		ct state { established, related } accept # handle 100
		iifname "lo" accept # handle 102
		ct state invalid drop # handle 103
		jump filter_FORWARD_ZONES # handle 105
		reject with icmpx admin-prohibited # handle 106
	}

	chain filter_FORWARD_ZONES { # handle 12
${zones.map((zone) => `\t\t${zone}`).join("\n")}
	}
}
`

test("chains are found that see what is forwarded, of tables that see version 4", () => {
  const listing = `table ip filter { # handle 1
	chain INPUT { # handle 1
		type filter hook input priority filter; policy accept;
	}
	chain FORWARD { # handle 2
		type filter hook forward priority filter; policy drop;
	}
	chain DOCKER { # handle 3
	}
}
table ip6 filter { # handle 2
	chain FORWARD { # handle 2
		type filter hook forward priority filter; policy drop;
	}
}
table inet firewalld { # handle 3
	chain filter_FORWARD { # handle 9
		type filter hook forward priority filter + 10; policy accept;
	}
}
`
  expect(forwardChains(listing)).toEqual([
    { table: "ip filter", chain: "FORWARD" },
    { table: "inet firewalld", chain: "filter_FORWARD" },
  ])
})

test("firewalld refuses what is in no zone, until it has been told of our links", () => {
  const eth = 'iifname "eth0" goto filter_FWD_public # handle 120'
  const told = firewalld('iifname "hport*" goto filter_FWD_trusted # handle 119', eth)
  expect(refusesTheRest(firewalld(eth), "filter_FORWARD")).toBe(true)
  expect([firewalld(eth), told].map(namesOurLinks)).toEqual([false, true])
  expect(remedyFor({ table: "inet firewalld", chain: "filter_FORWARD" })).toContain("--add-interface=hport+")
})

test("a chain refuses by its policy, by a rule for everything, or in a chain that everything is sent to", () => {
  const table = (policy: string, ...rules: string[]) => `table inet filter {
	chain forward {
		type filter hook forward priority filter; policy ${policy};
${rules.map((rule) => `\t\t${rule}\n`).join("")}	}

	chain rest {
		counter packets 4 bytes 240 reject with icmp type host-prohibited # handle 9
	}
}
`
  const refuses = (policy: string, ...rules: string[]) => refusesTheRest(table(policy, ...rules), "forward")
  expect(refuses("drop")).toBe(true)
  expect(refuses("accept")).toBe(false)
  expect(refuses("accept", 'iifname "eth1" drop # handle 3', "ct state invalid drop")).toBe(false)
  expect(refuses("accept", "counter packets 0 bytes 0 drop # handle 3")).toBe(true)
  expect(refuses("accept", 'counter packets 0 bytes 0 xt target "REJECT" # handle 3')).toBe(true)
  expect(refuses("accept", "counter packets 0 bytes 0 jump rest # handle 3")).toBe(true)
  expect(refuses("accept", 'iifname "eth1" jump rest # handle 3')).toBe(false)
})
