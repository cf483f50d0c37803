/** Nearly the shortest time that a timer may be late. */
const TIMER_SLACK_MS = 1.5

/** Runs each task a fixed time after it was given, more exactly than a timer does. */
export class Delay {
  private readonly tasks: { readonly due: number; readonly run: () => void }[] = []

  constructor(private readonly latencyMs: number) {}

  run(task: () => void): void {
    if (this.latencyMs === 0) {
      task()
      return
    }
    this.tasks.push({ due: performance.now() + this.latencyMs, run: task })
    if (this.tasks.length === 1) this.wait()
  }

  private wait(): void {
    const [first] = this.tasks
    if (!first) return
    const rest = first.due - performance.now()
    if (rest > TIMER_SLACK_MS) setTimeout(() => this.wait(), rest - TIMER_SLACK_MS)
    else if (rest > 0) setImmediate(() => this.wait())
    else {
      this.tasks.shift()
      first.run()
      this.wait()
    }
  }
}
