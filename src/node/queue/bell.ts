/** Wakes all that wait for it. */
export class Bell {
  private wake: () => void = () => undefined;
  private rung = this.anew();

  ring(): void {
    this.wake();
    this.rung = this.anew();
  }

  /** Returns when it rings, or after so many milliseconds. */
  async rings(within: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((done) => {
      timer = setTimeout(done, within);
    });
    await Promise.race([this.rung, late]);
    clearTimeout(timer);
  }

  private anew(): Promise<void> {
    return new Promise((done) => {
      this.wake = done;
    });
  }
}
