import { openImages } from "./images-daemon.ts"

// A process that pulls one image, so that a test can end it in the middle: pull-process.ts SOCKET REFERENCE

const [socket, reference] = process.argv.slice(2)
const { images } = openImages(socket!)
await images.pull(reference!, { signal: new AbortController().signal })
process.exit()
