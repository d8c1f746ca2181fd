import { expect, test } from "vitest"
import { removals } from "./system-packages.ts"

test("what a simulated removal names is what would go", () => {
  const simulation = `Reading package lists...
The following packages will be REMOVED:
  containerd crun docker.io
0 upgraded, 0 newly installed, 3 to remove and 2 not upgraded.
Remv docker.io [20.10.24+dfsg1-1+deb12u1+b2]
Remv containerd [1.6.20~ds1-1+deb12u1]
Remv crun [1.8.1-1+deb12u1]
`
  expect(removals(simulation)).toEqual(["docker.io", "containerd", "crun"])
})
