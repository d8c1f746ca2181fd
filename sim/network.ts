import type { FrontDoor } from "../src/aws/front-door.ts"
import type { HttpRequest, HttpResponse } from "../src/aws/http.ts"
import type { Socket, SocketListener } from "../src/aws/socket.ts"
import type { SimulatedWorld } from "../src/world/simulated.ts"
import type { Random } from "../src/world/world.ts"
import type { Transcript } from "./transcript.ts"

/** What a path does to what goes over it, in one direction. Rates are of a thousand. */
export interface Weather {
  readonly delayMs: readonly [number, number]
  readonly lost: number
  readonly repeated: number
  readonly overtaking: number
}

export const FAIR: Weather = { delayMs: [1, 10], lost: 0, repeated: 0, overtaking: 0 }

export interface NetworkOptions {
  readonly world: SimulatedWorld
  readonly random: Random
  readonly transcript: Transcript
  readonly door: () => FrontDoor | undefined

  /** Hears each frame that the region sends, before the network has had its way with it. */
  readonly sent: (frame: string) => void
}

/** The way between the region and everyone who talks to it. */
export class Network {
  weather: Weather = FAIR
  readonly #options: NetworkOptions
  readonly #connections = new Set<Connection>()

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  /** Requests are repeated only on the way of those who are ready for it: agents say nothing that may not come twice. */
  path(name: string, repeats: "may repeat" | "repeats nothing"): Path {
    return new Path(name, this, this.#options, repeats === "may repeat")
  }

  opened(connection: Connection): void {
    this.#connections.add(connection)
  }

  over(connection: Connection): void {
    this.#connections.delete(connection)
  }

  /** The region's process has died: its machine tells everyone who was connected, as far as that can reach them. */
  regionDied(): void {
    for (const connection of this.#connections) connection.regionDied()
    this.#connections.clear()
  }
}

/** The way between the region and one other. It can be cut in either direction, and then nobody is told. */
export class Path {
  readonly name: string
  isCutUp = false
  isCutDown = false
  readonly #network: Network
  readonly #options: NetworkOptions
  readonly #mayRepeat: boolean

  constructor(name: string, network: Network, options: NetworkOptions, mayRepeat: boolean) {
    this.name = name
    this.#network = network
    this.#options = options
    this.#mayRepeat = mayRepeat
  }

  /** Rejects when there is no answer: whether the request has had its effect is then not known. */
  request(request: HttpRequest): Promise<HttpResponse> {
    const { world, door } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
    world.after(REQUEST_MS_MAX, () => reject(new Unanswered("no answer in time")))
    this.#carry("up", () => {
      const opened = door()
      if (opened === undefined) return this.#carry("down", () => reject(new Unanswered("refused")))
      opened.handle(request).then(
        (response) => this.#carry("down", () => resolve(response)),
        () => this.#carry("down", () => reject(new Unanswered("reset"))),
      )
    })
    return promise
  }

  /** Resolves with the connection, or with the answer that refuses it. */
  connect(request: HttpRequest, listener: SocketListener): Promise<Connection | HttpResponse> {
    const { world, door } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<Connection | HttpResponse>()
    world.after(REQUEST_MS_MAX, () => reject(new Unanswered("no answer in time")))
    this.carry("up", { earliest: 0, isOnce: true }, () => {
      const opened = door()
      if (opened === undefined) return this.#carry("down", () => reject(new Unanswered("refused")))
      opened.upgrade(request).then(
        (answer) => {
          if (answer === undefined) return reject(new Unanswered("nothing there"))
          if (!("take" in answer)) return this.#carry("down", () => resolve(answer))
          const over = () => this.#network.over(connection)
          const connection = new Connection(this, listener, { over, sent: this.#options.sent })
          this.#network.opened(connection)
          this.#carry("down", () => resolve(connection))
          answer.take(connection.region)
        },
        () => reject(new Unanswered("reset")),
      )
    })
    return promise
  }

  /** Carries one thing over, as the weather is: not at all, twice, late, or ahead of what was sent before it. */
  #carry(direction: "up" | "down", arrive: () => void): void {
    this.carry(direction, { earliest: 0 }, arrive)
  }

  carry(direction: "up" | "down", lane: Lane, arrive: () => void): void {
    const { world, random, transcript } = this.#options
    const { weather } = this.#network
    if (direction === "up" ? this.isCutUp : this.isCutDown) return
    if (chance(random, weather.lost)) {
      transcript.say(this.name, `something is lost on its way ${direction}`)
      return
    }
    const [least, most] = weather.delayMs
    const deliver = () => {
      const at = world.monotonic() + least + random.below(Math.max(1, most - least))
      const overtakes = chance(random, weather.overtaking)
      const due = overtakes ? at : Math.max(at, lane.earliest)
      if (!overtakes) lane.earliest = due
      world.after(due - world.monotonic(), () => {
        if (direction === "up" ? this.isCutUp : this.isCutDown) return
        arrive()
      })
    }
    deliver()
    if (this.#mayRepeat && lane.isOnce !== true && chance(random, weather.repeated)) {
      transcript.say(this.name, `something is repeated on its way ${direction}`)
      deliver()
    }
  }
}

/** What is sent on one connection in one direction arrives in order, unless the weather has it otherwise. */
interface Lane {
  earliest: number

  /** A handshake takes several steps, so a repeated one makes no second connection. */
  readonly isOnce?: true
}

/** A websocket between a node and a process of the region. */
export class Connection {
  /** The region's end. */
  readonly region: Socket
  readonly #path: Path
  readonly #node: SocketListener
  readonly #over: () => void
  readonly #up: Lane = { earliest: 0 }
  readonly #down: Lane = { earliest: 0 }
  #atRegion: SocketListener | undefined
  #isOpenAtNode = true
  #isOpenAtRegion = true

  constructor(
    path: Path,
    node: SocketListener,
    { over, sent }: { readonly over: () => void; readonly sent: (frame: string) => void },
  ) {
    this.#path = path
    this.#node = node
    this.#over = over
    this.region = {
      waitingBytes: 0,
      send: (text) => {
        if (!this.#isOpenAtRegion) return
        sent(text)
        this.#toNode(() => this.#node.message(text))
      },
      close: (code, reason) => this.#endByRegion(code, reason),
      listen: (listener) => {
        this.#atRegion = listener
      },
    }
  }

  /** Whether neither end knows of anything wrong. */
  get isWhole(): boolean {
    return this.#isOpenAtNode && this.#isOpenAtRegion
  }

  send(text: string): void {
    if (!this.#isOpenAtNode) return
    this.#path.carry("up", this.#up, () => {
      if (this.#isOpenAtRegion) this.#atRegion?.message(text)
      // Whoever sends to what is closed hears so.
      else this.#toNode(() => this.#endAtNode(ABNORMAL, ""))
    })
  }

  /** Ends it from the node's side, with a word or, when the process has died, without one. */
  close(code = ABNORMAL, reason = ""): void {
    if (!this.#isOpenAtNode) return
    this.#isOpenAtNode = false
    this.#path.carry("up", this.#up, () => {
      if (!this.#isOpenAtRegion) return
      this.#isOpenAtRegion = false
      this.#over()
      this.#atRegion?.closed(code, reason)
    })
  }

  /** The machine at the node's end has lost its power: nobody is told. */
  vanish(): void {
    this.#isOpenAtNode = false
  }

  regionDied(): void {
    this.#isOpenAtRegion = false
    this.#toNode(() => this.#endAtNode(ABNORMAL, ""))
  }

  #endByRegion(code: number, reason: string): void {
    if (!this.#isOpenAtRegion) return
    this.#isOpenAtRegion = false
    this.#over()
    this.#toNode(() => this.#endAtNode(code, reason))
    this.#atRegion?.closed(code, reason)
  }

  #toNode(arrive: () => void): void {
    this.#path.carry("down", this.#down, () => {
      if (this.#isOpenAtNode) arrive()
    })
  }

  #endAtNode(code: number, reason: string): void {
    this.#isOpenAtNode = false
    this.#node.closed(code, reason)
  }
}

/** Nobody knows what became of a request. */
export class Unanswered extends Error {
  override readonly name = "Unanswered"
}

export function chance(random: Random, ofThousand: number): boolean {
  return ofThousand > 0 && random.below(1000) < ofThousand
}

const ABNORMAL = 1006
const REQUEST_MS_MAX = 30_000
