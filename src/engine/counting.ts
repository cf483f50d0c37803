/**
 * Whether a store's limit counts the items of a request, or requests. A store that takes full requests as readily as small
 * ones counts requests; where small ones do not help, that is put to the test.
 */
export class Counting {
  /** Whether the store is taken to count items. */
  items: boolean
  /** Whether it was seen to. */
  isCertain = false
  /** Whether full requests are to be sent, to see. */
  isTesting = false
  /** Items in a small request at the last test. */
  #testedAt: number
  /** Full requests that have to pass yet. */
  #missing = 0

  constructor(
    maxItems: number,
    /** What the provider says. */
    private readonly saysItems: boolean,
  ) {
    this.items = saysItems
    this.#testedAt = maxItems / 2
  }

  /**
   * Begins a test where requests have become much smaller since the last one.
   *
   * @param portion Items in a request now.
   * @param passed Requests that passed between the last two refusals.
   */
  refused(portion: number, passed: number): void {
    this.isTesting = this.items && portion <= Math.max(1, this.#testedAt / 2)
    if (!this.isTesting) return
    this.#testedAt = portion
    this.#missing = Math.max(2, passed / 2)
  }

  /** Notes what became of a full request during a test. True where that was the last to be seen. */
  tested(isRefused: boolean): boolean {
    this.isTesting = !isRefused && --this.#missing > 0
    if (isRefused || this.isTesting) return false
    this.items = false
    return true
  }

  /** Only a store that counts items takes some of a request. */
  refusedInPart(): void {
    this.items = true
    this.isCertain = true
    this.#testedAt = 0
  }

  /** A test that was followed by nothing but refusals was wrong. */
  doubt(): void {
    this.items = this.saysItems || this.items
  }
}
