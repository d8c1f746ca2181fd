import { CertificateAuthority } from "../ca.ts"
import { command } from "../command.ts"
import { EXIT, Refusal } from "../exit.ts"
import { dataOf, dataOption } from "./options.ts"

export const ca = command({
  about: "Give it to clients of a Homeport that listens beyond the loopback, as in: curl --cacert homeport-ca.crt …",
  options: dataOption,
  async run(values) {
    const data = dataOf(values)
    const certificate = new CertificateAuthority(data.ca).certificate()
    if (certificate === undefined) {
      throw new Refusal(
        `There is no certificate authority in ${data.ca}; one is made when Homeport first listens beyond the loopback.`,
        EXIT.failed,
      )
    }
    process.stdout.write(certificate)
    return EXIT.ok
  },
})
