import { withoutComments } from './comments.ts';
import type { Access } from './kernel.ts';
import { constantsOf, endOfBlock, evaluate } from './unroll.ts';

/** A shader taken apart, so that it can stand beside another in one. */
export interface ShaderPart {
  readonly enables: readonly string[];
  /** Invocations of a workgroup. */
  readonly workgroupSize: number;
  /** Bytes that a workgroup shares. */
  readonly workgroupBytes: number;
  /** What its bindings are declared as, by number; those that the text does not use are absent. */
  readonly variables: ReadonlyMap<number, ShaderVariable>;
  /** All but directives and bindings; the entry point is a plain function. */
  readonly body: string;
}

export interface ShaderVariable {
  readonly name: string;
  readonly access: Access;
  /** Its type, aliases resolved: `array<f32>`. */
  readonly type: string;
}

const MAIN =
  /@compute\s+@workgroup_size\(([^)]+)\)\s*fn main\((@builtin\(workgroup_id\) \w+: vec3u, @builtin\(local_invocation_index\) \w+: u32)\)/;
const BINDING = /^@group\(0\) @binding\((\w+)\) var<storage, (read|read_write)> (\w+): ([^;]+);\n?/gm;
const NAME = /(?<![\w.])[A-Za-z_]\w*/g;

/**
 * Takes a shader apart. `suffix` ends the names of its module's scope, so that they differ from those of another part. Undefined where
 * the shader has builtin values that a part has not, shares memory whose size the text does not tell, or has a structure with a member
 * named as something in the module's scope.
 */
export function shaderPart(code: string, suffix: string): ShaderPart | undefined {
  const text = withoutFalseBranches(withoutComments(code));
  const [, size = '', parameters = ''] = MAIN.exec(text) ?? [];
  const constants = constantsOf(text);
  const workgroupSize = evaluate(size, constants);
  const workgroupBytes = sharedBytes(text, constants);
  if (!workgroupSize || workgroupBytes === undefined) return undefined;
  const enables = [...text.matchAll(/^enable \w+;$/gm)].map(([line]) => line);
  const names = declaredNames(text);
  if ([...text.matchAll(/\bstruct \w+ \{([^}]*)\}/g)].some(([, members = '']) => names.some((name) => isMember(members, name))))
    return undefined;

  const aliases = new Map([...text.matchAll(/^alias (\w+) = ([^;]+);$/gm)].map(([, name = '', type = '']) => [name, type]));
  const variables = new Map<number, ShaderVariable>();
  for (const [, place = '', access, name = '', type = ''] of text.matchAll(BINDING)) {
    // A number, or the name of a constant.
    const binding = /^\d+$/.test(place) ? Number(place) : constants.get(place);
    if (binding === undefined) return undefined;
    if (text.match(new RegExp(`(?<![\\w.])${name}\\b`, 'g'))?.length === 1) continue;
    const resolved = type.replace(/\w+/g, (word) => aliases.get(word) ?? word);
    variables.set(binding, {
      name: `${name}${suffix}`,
      access: access === 'read' ? 'read' : 'write',
      type: resolved,
    });
  }
  const plain = text
    .replace(/^enable \w+;$/gm, '')
    .replace(BINDING, '')
    .replace(MAIN, `fn main(${parameters.replace(/@builtin\(\w+\) /g, '')})`);
  const body = renamed(plain, new Map(names.map((name) => [name, `${name}${suffix}`])));
  return { enables, workgroupSize, workgroupBytes, variables, body };
}

/** The text with other names; members keep theirs. */
export function renamed(text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(NAME, (word) => names.get(word) ?? word);
}

/** Everything that a module's scope declares, whose lines all begin without a space. */
function declaredNames(text: string): string[] {
  const declarations = /^(?:@group\(0\) @binding\(\w+\) )?(?:const|alias|struct|fn|var(?:<[^>]*>)?) (\w+)/gm;
  return [...text.matchAll(/^@compute[^\n]*\nfn (\w+)/gm), ...text.matchAll(declarations)].map(([, name = '']) => name);
}

function isMember(members: string, name: string): boolean {
  return new RegExp(`(?<!\\w)${name}\\s*:`).test(members);
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = { f32: 4, u32: 4, i32: 4, vec2f: 8, vec4f: 16 };

/** Bytes of the arrays that a workgroup shares; undefined where the text does not tell. */
function sharedBytes(text: string, constants: ReadonlyMap<string, number>): number | undefined {
  let bytes = 0;
  for (const [, type = ''] of text.matchAll(/^var<workgroup> \w+: ([^;]+);/gm)) {
    const [, element = '', length = ''] = /^array<(\w+), (.+)>$/.exec(type) ?? [];
    const size = ELEMENT_BYTES[element];
    const flat = length.replace(/\(([^()]+)\)/g, (_, sum: string) => `${evaluate(sum, constants)}u`);
    const count = evaluate(flat, constants);
    if (size === undefined || count === undefined) return undefined;
    bytes += size * count;
  }
  return bytes;
}

/** The text without the branches of `if (NAME) {` and `if (NAME && ...) {` where NAME is a constant that is false. */
function withoutFalseBranches(code: string): string {
  const names = [...code.matchAll(/^const (\w+) = false;$/gm)].map(([, name = '']) => name);
  if (names.length === 0) return code;
  const head = new RegExp(`\\bif \\((?:${names.join('|')})(?: && [^{]*)?\\) \\{`, 'g');
  let text = '';
  let done = 0;
  for (const { index, 0: opening } of code.matchAll(head)) {
    if (index < done) continue;
    const end = (endOfBlock(code, index + opening.length) ?? code.length) + 1;
    const otherwise = /^\s*else\s*/.exec(code.slice(end));
    text += code.slice(done, index);
    // What stood behind `else` is a statement by itself; where the whole was one, an empty block keeps its place.
    if (!otherwise) text += '{}';
    done = end + (otherwise?.[0].length ?? 0);
  }
  return text + code.slice(done);
}
