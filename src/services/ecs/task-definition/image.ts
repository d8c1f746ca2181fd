/** Whether an image lies in a private registry of ECR, which is asked for a password before anything is pulled. */
export function isEcrImage(image: string): boolean {
  return ECR.test(image)
}

const ECR = /^\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws)\//
