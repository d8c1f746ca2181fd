import { expect, test } from "vitest"
import { ecrRegistryOf } from "./image.ts"

test.each([
  ["111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1", "eu-west-1"],
  ["111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web", "us-gov-west-1"],
  ["111122223333.dkr-ecr.us-east-1.on.aws/web@sha256:0", "us-east-1"],
  ["127.0.0.1:4566/111122223333/eu-west-1/shop/web:1", "eu-west-1"],
  ["localhost/111122223333/eu-west-1/web", "eu-west-1"],
  ["homeport.example/111122223333/eu-west-1/web", "eu-west-1"],
])("%s lies in a registry of ECR", (image, region) => {
  expect(ecrRegistryOf(image)).toEqual({ registryId: "111122223333", region })
})

test.each([
  "nginx",
  "111122223333/eu-west-1/web",
  "public.ecr.aws/nginx/nginx:1",
  "127.0.0.1:4566/web",
  "example.com/111122223333/web",
])("%s does not", (image) => {
  expect(ecrRegistryOf(image)).toBeUndefined()
})
