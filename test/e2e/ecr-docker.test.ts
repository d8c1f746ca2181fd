import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, expect, test } from "vitest"
import { busyboxTree, type RegistrySetting, startRegistrySetting } from "./ecr-setting.ts"

// A region, the AWS CLI, Docker 20.10 and skopeo, none of them told anything of the others.

let folder: string
let setting: RegistrySetting

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), `homeport-e2e-ecr-${process.pid}-`))
  setting = await startRegistrySetting(folder)
})

afterAll(async () => {
  await setting?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Makes a repository and says where it is. */
async function repository(name: string): Promise<string> {
  const { output } = await setting.aws(`ecr create-repository --repository-name ${name}`)
  return (output as { repository: { repositoryUri: string } }).repository.repositoryUri
}

test("an image is pushed and pulled by docker where its repositoryUri says, after the login of the AWS guide", async () => {
  const { docker, login } = setting
  const uri = await repository("shop/app")
  expect(uri).toBe(`${setting.host}/${setting.account}/us-east-1/shop/app`)
  await docker(`import ${busyboxTree(folder, "one")} ${uri}:v1`)
  await expect(docker(`push ${uri}:v1`)).rejects.toThrow(/no basic auth credentials|unauthorized|denied/)
  expect(await login()).toContain("Login Succeeded")
  expect(await docker(`push ${uri}:v1`)).toMatch(/v1: digest: sha256:[0-9a-f]{64}/)
  await docker(`rmi ${uri}:v1`)
  expect(await docker(`pull ${uri}:v1`)).toContain("Downloaded newer image")
  expect(await docker(`run --rm --network none ${uri}:v1 /bin/sh -c cat<seed`)).toBe("one\n")

  const { output } = await setting.aws("ecr describe-images --repository-name shop/app")
  expect(output).toMatchObject({
    imageDetails: [
      {
        imageTags: ["v1"],
        imageManifestMediaType: "application/vnd.docker.distribution.manifest.v2+json",
        artifactMediaType: "application/vnd.docker.container.image.v1+json",
        lastRecordedPullTime: expect.any(String),
      },
    ],
  })
})

test("a wrong password, an unknown repository and a tag that must not move are told in docker's words", async () => {
  const { docker, login, aws, host, account } = setting
  await expect(docker(`login --username AWS --password-stdin ${host}`, "wrong")).rejects.toThrow("unauthorized")
  await login()
  const nowhere = `${host}/${account}/us-east-1/nowhere`
  await docker(`import ${busyboxTree(folder, "two")} ${nowhere}:v1`)
  await expect(docker(`push ${nowhere}:v1`)).rejects.toThrow(
    `name unknown: The repository with name 'nowhere' does not exist in the registry with id '${account}'`,
  )
  const uri = await repository("fixed")
  await aws("ecr put-image-tag-mutability --repository-name fixed --image-tag-mutability IMMUTABLE")
  await docker(`tag ${nowhere}:v1 ${uri}:v1`)
  await docker(`push ${uri}:v1`)
  await docker(`import ${busyboxTree(folder, "three")} ${uri}:v1`)
  await expect(docker(`push ${uri}:v1`)).rejects.toThrow("tag invalid: The image tag 'v1' already exists")
})

test("a layer that another repository has is mounted and not sent", async () => {
  const { docker, login } = setting
  await login()
  const [one, other] = [await repository("one"), await repository("other")]
  await docker(`import ${busyboxTree(folder, "mounted")} ${one}:v1`)
  await docker(`push ${one}:v1`)
  await docker(`tag ${one}:v1 ${other}:v1`)
  expect(await docker(`push ${other}:v1`)).toContain("Mounted from")
})

test("skopeo copies, inspects, lists and deletes", async () => {
  const { skopeo, host, account } = setting
  const uri = await repository("copied")
  const layout = join(folder, "layout")
  execFileSync("skopeo", ["copy", `tarball:${busyboxTree(folder, "four")}`, `oci:${layout}:v1`])
  await skopeo(`copy --dest-tls-verify=false oci:${layout}:v1 docker://${uri}:v1`)
  await skopeo(`copy --src-tls-verify=false --dest-tls-verify=false docker://${uri}:v1 docker://${uri}:v2`)
  await skopeo(`copy --src-tls-verify=false docker://${uri}:v2 oci:${layout}:back`)
  const listed = await skopeo(`list-tags --tls-verify=false docker://${uri}`)
  expect(JSON.parse(listed)).toEqual({ Repository: `${host}/${account}/us-east-1/copied`, Tags: ["v1", "v2"] })
  const inspected = JSON.parse(await skopeo(`inspect --tls-verify=false docker://${uri}:v1`))
  await skopeo(`delete --tls-verify=false docker://${uri}:v1`)
  const { output } = await setting.aws("ecr list-images --repository-name copied")
  expect(output).toEqual({ imageIds: [] })
  expect(inspected.Digest).toMatch(/^sha256:/)
})

test("killed in the middle of pushes, the region loses nothing that it has acknowledged, and the push goes on", async () => {
  const { docker, login } = setting
  await login()
  const uri = await repository("killed")
  const pushed: string[] = []
  for (let round = 0; round < 6; round++) {
    const tag = `round${round}`
    const tree = busyboxTree(folder, tag)
    // Enough for the kill to fall into the middle.
    execFileSync("sh", ["-ec", `head -c 30000000 /dev/urandom > $T/random; tar -C $T -cf ${tree} .`], {
      env: { ...process.env, T: join(folder, `tree-${tag}`) },
    })
    await docker(`import ${tree} ${uri}:${tag}`)
    const pushing = docker(`push ${uri}:${tag}`).then(
      () => true,
      () => false,
    )
    await pause(150 + round * 200)
    await setting.killRegion()
    if (!(await pushing)) await docker(`push ${uri}:${tag}`)
    pushed.push(tag)
    await docker(`rmi ${uri}:${tag}`)
  }
  for (const tag of pushed) {
    await docker(`pull ${uri}:${tag}`)
    expect(await docker(`run --rm --network none ${uri}:${tag} /bin/sh -c cat<seed`)).toBe(`${tag}\n`)
  }
  expect(setting.region.log()).not.toContain('"level":"error"')
})
