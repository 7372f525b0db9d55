import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';

const RESERVED = new Set(
  // C up to C23.
  (
    'alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float for goto if inline int ' +
    'long nullptr register restrict return short signed sizeof static static_assert struct switch thread_local true typedef typeof ' +
    'typeof_unqual union unsigned void volatile while asm fortran ' +
    // C++, from which a sketch includes the header.
    'and and_eq bitand bitor catch class co_await co_return co_yield compl concept const_cast delete dynamic_cast explicit export friend ' +
    'mutable namespace new noexcept not not_eq operator or or_eq private protected public reinterpret_cast requires static_cast template ' +
    'this throw try typeid typename using virtual wchar_t xor xor_eq'
  ).split(' '),
);

/** Headers whose file would be taken for ours. */
const HEADERS = new Set(
  (
    'assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef stdint ' +
    'stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype arduino'
  ).split(' '),
);

/** Throws an OptionError unless a name can begin C's identifiers and name its files. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(name))
    throw new OptionError(
      `encodeC: name must be a C identifier of at most 40 characters, letters, digits and _ behind a letter, got ${shown(name)}`,
    );
  if (RESERVED.has(name)) throw new OptionError(`encodeC: name '${name}' is a keyword of C or C++; choose another`);
  if (HEADERS.has(name.toLowerCase()))
    throw new OptionError(`encodeC: name '${name}' would make a ${name}.h, which is a header of the system; choose another`);
  if (/^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name))
    throw new OptionError(`encodeC: no file can be called ${name}.h on Windows; choose another name`);
}

/** Identifiers made of the layers' names, no two alike. */
export class Names {
  private readonly taken = new Set<string>();

  /** `branch_1/0/conv2d_1`, 'filter' -> `branch_1_0_conv2d_1_filter`. */
  make(...parts: readonly string[]): string {
    const plain = parts
      .join('_')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .slice(0, 100);
    const start = /^[A-Za-z]/.test(plain) ? plain : `layer${plain.startsWith('_') ? '' : '_'}${plain}`;
    let name = start;
    for (let number = 2; this.taken.has(name); number++) name = `${start}_${number}`;
    this.taken.add(name);
    return name;
  }
}
