import { OptionError } from '../core/errors.ts';

/** The values that the taps of a list of layers keep, and those of the lists around it. */
export class Taps<V> {
  private readonly own = new Map<string, { readonly value: V; readonly where: string; read: boolean }>();

  constructor(private readonly around?: Taps<V>) {}

  /** Throws an OptionError where the name is taken; `where` is what errors begin with. */
  keep(where: string, name: string, value: V): void {
    const other = this.find(name);
    if (other) throw new OptionError(`${where}: ${other.where} already keeps a tap '${name}'; give each tap its own name`);
    this.own.set(name, { value, where, read: false });
  }

  /** Throws an OptionError where there is no tap of that name. */
  read(where: string, name: string): V {
    const kept = this.find(name);
    if (!kept)
      throw new OptionError(
        `${where}: there is no tap('${name}') before it, in the same list of layers or in one around it ` +
          `(a repeat's layers see those inside of it alone)`,
      );
    kept.read = true;
    return kept.value;
  }

  /** Throws an OptionError where a tap of the list itself was not read. */
  checkRead(): void {
    for (const [name, { where, read }] of this.own)
      if (!read)
        throw new OptionError(`${where}: nothing joins the tap '${name}'; put join('${name}') after it, or leave it out`);
  }

  private find(name: string): { readonly value: V; readonly where: string; read: boolean } | undefined {
    return this.own.get(name) ?? this.around?.find(name);
  }
}
