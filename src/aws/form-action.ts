import { CommonFault } from "./common-fault.ts"
import type { Body, HttpRequest } from "./http.ts"
import { FormError, readRequestForm } from "./protocols/form.ts"

/** The operation and the API version that a query request names. */
export function formAction(
  request: HttpRequest,
  body: Body,
): { readonly action: string; readonly version: string | undefined } {
  try {
    const { members } = readRequestForm(request, body)
    return { action: members?.get("Action")?.value ?? "", version: members?.get("Version")?.value }
  } catch (error) {
    if (error instanceof FormError) throw new CommonFault("malformedBody", error.message)
    throw error
  }
}
