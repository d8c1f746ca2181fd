import { parentPort } from "node:worker_threads"
import { createBridged, createEmpty } from "./bridged.ts"
import { connect, openVxlan, removeLink } from "./connected.ts"
import { connections, forgetConnections } from "./connections.ts"
import { forgetDatagramsTo } from "./datagrams.ts"
import { configureInside, createElastic, lookInside } from "./elastic.ts"
import { countedElements, editElements } from "./elements.ts"
import { closeBridge, closeOwn, openBridge, openOwn } from "./instance.ts"
import { letGo } from "./kept.ts"
import { counters, endConnectionsSoon, forgetAddress, listen, surroundings } from "./look.ts"
import type { Order, Orders, Report } from "./orders.ts"
import { forgetPlaces, placeAt } from "./place.ts"
import { configure, lookAtRouter, openRouter } from "./router.ts"
import { openSocketIn } from "./sockets-inside.ts"

/** The thread that goes into namespaces. Everything here is synchronous: between two orders it is in the host's. */
const orders: Orders = {
  createEmpty: ({ path }) => createEmpty(path),
  createBridged,
  remove: ({ path, cut }) => {
    if (cut) endConnectionsSoon(path)
    letGo(path)
  },
  openBridge,
  closeBridge: ({ name }) => closeBridge(name),
  openOwn,
  closeOwn: ({ path }) => closeOwn(path),
  filter: ({ path, rules }) => void placeAt(path).enter(() => placeAt(path).filter.run(rules)),
  withdraw: ({ path, rules, address, datagrams }) => {
    const place = placeAt(path)
    place.enter(() => {
      place.filter.run(rules)
      if (datagrams) forgetDatagramsTo(address)
    })
  },
  listing: ({ command }) => {
    try {
      return placeAt(undefined).filter.run(command)
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined
      throw error
    }
  },
  listen,
  forgetAddress,
  counters,
  surroundings,
  openRouter,
  closeRouter: ({ path }) => closeOwn(path),
  lookAtRouter,
  configure,
  configureInside,
  createElastic,
  lookInside,
  connect,
  openVxlan,
  removeLink,
  editElements,
  countedElements,
  connections,
  forgetConnections,
  openSocket: openSocketIn,
  close: () => forgetPlaces(),
}

const port = parentPort!

port.on("message", ({ kind, number, input }: Order) => {
  const report = (report: Report) => port.postMessage(report)
  try {
    const carryOut = orders[kind] as (input: Order["input"]) => unknown
    report({ number, output: carryOut(input) })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    report({ number, failure: { code, message } })
  }
})
