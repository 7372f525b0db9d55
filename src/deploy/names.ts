/** Names that are given out once. */
export class Names {
  private readonly taken = new Set<string>();

  /** The name itself where it is free, else with the first number behind it that makes it so: `name:2`. */
  unique(name: string): string {
    let own = name;
    for (let number = 2; this.taken.has(own); number++) own = `${name}:${number}`;
    this.taken.add(own);
    return own;
  }
}
