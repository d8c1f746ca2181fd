/** Before an account's number, the session token with which a machine of the pool writes the logs of that account's tasks. */
export const LOGS_OF = "homeport-logs-of/"
