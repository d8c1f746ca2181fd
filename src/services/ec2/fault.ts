import { Fault } from "../../aws/fault.ts"

/** EC2's SDK declares no errors: its codes are only documented, so nothing but tests holds their spelling. */
export function fault(code: string, message: string): Fault {
  return new Fault(code, message)
}

export function invalidValue(message: string): Fault {
  return fault("InvalidParameterValue", message)
}

export function invalidCombination(message: string): Fault {
  return fault("InvalidParameterCombination", message)
}

export function missing(parameter: string): Fault {
  return fault("MissingParameter", `The request must contain the parameter ${parameter}`)
}

/** What is still used cannot be deleted: `The subnet 'subnet-0…' has dependencies and cannot be deleted.` */
export function inUse(noun: string, id: string): Fault {
  return fault("DependencyViolation", `The ${noun} '${id}' has dependencies and cannot be deleted.`)
}

/** For a parameter that works on AWS and not here: better a clear refusal than a promise that is not kept. */
export function notYet(what: string): Fault {
  return fault("UnsupportedOperation", `Homeport does not have ${what} yet. Leave it out of the request.`)
}

/** AWS answers this to who touches what it manages itself. */
export function notYours(): Fault {
  return fault("AuthFailure", "You do not have permission to access the specified resource.")
}
