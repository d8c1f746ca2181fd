/**
 * The container in which @peculiar/x509 keeps its algorithms refuses to load without a library of reflected metadata,
 * of which it only ever asks whether there is any. There is none.
 */
const none = () => undefined
const reflection = Reflect as unknown as Record<string, unknown>
reflection.getMetadata ??= none
reflection.getOwnMetadata ??= none
reflection.defineMetadata ??= none
