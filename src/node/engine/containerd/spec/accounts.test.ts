import { expect, test } from "vitest"
import { resolveAccount } from "./accounts.ts"

const accounts = {
  passwd: [
    "root:x:0:0:root:/root:/bin/sh",
    "web:x:33:34::/srv/web:/bin/false",
    "# no:x:44:44::/:/",
    "broken",
    "123:x:55:55::/home/number:/bin/sh",
  ].join("\n"),
  group: ["root:x:0:", "web:x:34:", "logs:x:50:other,web", "disk:x:51:web", "admin:x:60:root"].join("\n"),
}

test.each([
  ["", { uid: 0, gid: 0, additionalGids: [60] }, "/root"],
  ["web", { uid: 33, gid: 34, additionalGids: [50, 51] }, "/srv/web"],
  ["33", { uid: 33, gid: 34, additionalGids: [50, 51] }, "/srv/web"],
  ["web:logs", { uid: 33, gid: 50, additionalGids: [] }, "/srv/web"],
  ["web:7", { uid: 33, gid: 7, additionalGids: [] }, "/srv/web"],
  ["4000", { uid: 4000, gid: 0, additionalGids: [] }, "/"],
  ["4000:4001", { uid: 4000, gid: 4001, additionalGids: [] }, "/"],
  [":logs", { uid: 0, gid: 50, additionalGids: [] }, "/root"],
])("%j is found in the image", (user, expected, home) => {
  expect(resolveAccount(user, accounts)).toEqual({ user: expected, home })
})

test("a name that is a number of another stands for itself", () => {
  expect(resolveAccount("123", accounts).user.uid).toBe(55)
})

test.each([
  ["nobody", "unable to find user nobody: no matching entries in passwd file"],
  ["44x", "unable to find user 44x: no matching entries in passwd file"],
  ["web:none", "unable to find group none: no matching entries in group file"],
  ["4294967295", "unable to find user 4294967295: no matching entries in passwd file"],
])("%s is refused as Docker does it", (user, message) => {
  expect(() => resolveAccount(user, accounts)).toThrow(message)
})

test("an image without files has root", () => {
  const nothing = { passwd: "", group: "" }
  expect(resolveAccount("", nothing)).toEqual({ user: { uid: 0, gid: 0, additionalGids: [] }, home: "/" })
})
