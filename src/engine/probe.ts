/** What multiplies the rate again and again. */
export const PROBE_STEP = 4
/** The score rises by so much with each answer, and falls by what is refused; it is judged where it comes to one of the others. */
const SCORE = { answer: 1 / 4, passed: 6, failed: -2 }
/** A rate that is needed again so soon was needed all the time. */
const SOON_MS = 5000

/** Whether a rate is needed yet: it is raised step by step, and judged by the answers. */
export class Probe {
  /** When the next one is due. */
  dueAt = 0
  /** The rate before it. */
  formerRate = 0
  #score = 0
  #from = 0
  #to = Number.NEGATIVE_INFINITY

  get isOn(): boolean {
    return this.#to === Number.POSITIVE_INFINITY
  }

  /** Whether a request of that time was part of it. */
  covers(startedAt: number): boolean {
    return startedAt >= this.#from && startedAt < this.#to
  }

  /** Whether it ended only a moment ago. */
  isRecent(now: number): boolean {
    return now < this.#to + SOON_MS
  }

  begin(rate: number, now: number): void {
    this.formerRate = rate
    this.#score = 0
    this.#from = now
    this.#to = Number.POSITIVE_INFINITY
  }

  end(now: number): void {
    this.#to = now
  }

  /**
   * Whether the rate turns out to be needed; undefined while that is open.
   *
   * @param refused The share of a request.
   * @param strain That of all requests in the long run.
   * @param isFree Whether the raised rate holds nothing back any more.
   */
  judge(refused: number, strain: number, isFree: boolean): boolean | undefined {
    this.#score += SCORE.answer + strain - (1 + SCORE.answer) * refused
    if (this.#score < SCORE.failed) return true
    return isFree && this.#score > SCORE.passed ? false : undefined
  }
}
