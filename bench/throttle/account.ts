/** What happened in one second. */
export interface Second {
  /** Keys taken, by client. */
  readonly taken: number[]
  requests: number
  /** Requests by the share of their keys that was refused. */
  wasted: number
  keys: number
}

/** A store's account of its clients, second by second. */
export class Account {
  readonly seconds: Second[] = []

  constructor(private readonly clients: number) {}

  add(client: number, time: number, keys: number, taken: number): void {
    const second = this.#at(Math.floor(time / 1000))
    second.taken[client] = (second.taken[client] ?? 0) + taken
    second.requests++
    second.wasted += 1 - taken / keys
    second.keys += keys
  }

  #at(index: number): Second {
    while (this.seconds.length <= index)
      this.seconds.push({ taken: new Array<number>(this.clients).fill(0), requests: 0, wasted: 0, keys: 0 })
    return this.seconds[index] as Second
  }
}
