// Turns proto/ into checked-in TypeScript: one file of types per proto package, and one JSON descriptor of everything.
// Why not at run time: parsing the .proto text costs every process start several times what reading the descriptor does.
// Why not proto-loader-gen-types: it writes a hundred files whose input types accept null, strings for numbers and Long.
// Run by `npm run generate -w @mosix/protocol`; a test fails when the files and proto/ disagree.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import protobuf from 'protobufjs';

const PROTO_FILES = [
  'build/bazel/remote/execution/v2/remote_execution.proto',
  'google/bytestream/bytestream.proto',
  'google/longrunning/operations.proto',
  'google/rpc/error_details.proto',
  'mosix/farm/v1/farm.proto',
  'mosix/admin/v1/admin.proto',
];

/** Proto package to file name; also the namespace under which index.ts exports the types. */
const PACKAGES: Readonly<Record<string, string>> = {
  'build.bazel.remote.execution.v2': 'reapi',
  'build.bazel.semver': 'semver',
  'google.bytestream': 'bytestream',
  'google.longrunning': 'longrunning',
  'google.rpc': 'rpc',
  'google.protobuf': 'wellknown',
  'mosix.farm.v1': 'farm',
  'mosix.admin.v1': 'admin',
};

const HEADER = '// Made from proto/ by src/generate.ts. Do not edit.\n';

const NUMBERS = new Set(['double', 'float', 'int32', 'uint32', 'sint32', 'fixed32', 'sfixed32', 'int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

function loadRoot(protoDirectory: string): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (protobuf.common.get(target) === null ? join(protoDirectory, target) : target);
  root.loadSync(PROTO_FILES, { keepCase: false });
  root.resolveAll();
  return root;
}

function packageOf(type: protobuf.ReflectionObject): string {
  let at: protobuf.ReflectionObject | null = type;
  while (at !== null && (at instanceof protobuf.Type || at instanceof protobuf.Enum || at instanceof protobuf.Service)) at = at.parent;
  return at === null ? '' : at.fullName.replace(/^\./, '');
}

const localName = (type: protobuf.ReflectionObject): string =>
  type.fullName.replace(/^\./, '').slice(packageOf(type).length + 1).replaceAll('.', '_');

/** Name of a type as seen from a file of `fromPackage`; notes the import that it needs. */
function reference(type: protobuf.ReflectionObject, suffix: string, fromPackage: string, imports: Set<string>): string {
  const own = packageOf(type);
  const name = localName(type) + (type instanceof protobuf.Enum ? '' : suffix);
  if (own === fromPackage) return name;
  const file = PACKAGES[own];
  if (file === undefined) throw new Error(`no file is named for the proto package ${own}`);
  imports.add(file);
  return `${file}.${name}`;
}

function scalar(field: protobuf.Field, suffix: string, fromPackage: string, imports: Set<string>): string {
  if (field.resolvedType !== null) return reference(field.resolvedType, suffix, fromPackage, imports);
  if (NUMBERS.has(field.type)) return 'number';
  if (field.type === 'bool') return 'boolean';
  if (field.type === 'bytes') return suffix === '' ? 'Buffer' : 'Uint8Array';
  return 'string';
}

function fieldType(field: protobuf.Field, suffix: string, fromPackage: string, imports: Set<string>): string {
  const item = scalar(field, suffix, fromPackage, imports);
  if (field instanceof protobuf.MapField) return `{ readonly [key: string]: ${item} }`;
  if (field.repeated) return `readonly ${item}[]`;
  return item;
}

/** Oneofs that the .proto file declares; `optional` fields make synthetic ones, which are not members of the objects. */
const realOneofs = (type: protobuf.Type): protobuf.OneOf[] => type.oneofsArray.filter((oneof) => !oneof.name.startsWith('_'));

const isMessage = (field: protobuf.Field): boolean => field.resolvedType instanceof protobuf.Type && !field.repeated && !field.map;

/** `XInput`, all optional, and `X` with every field present; a oneof becomes a union that `switch (x.oneof)` tells apart. */
function messageText(type: protobuf.Type, fromPackage: string, imports: Set<string>): string {
  const name = localName(type);
  const inOneof = new Set(realOneofs(type).flatMap((oneof) => oneof.fieldsArray));
  const member = (field: protobuf.Field, suffix: string): string =>
    fieldType(field, suffix, fromPackage, imports) + (isMessage(field) && !(suffix === '' && inOneof.has(field)) ? ' | null' : '');
  const input = type.fieldsArray.map((field) => `  readonly ${field.name}?: ${member(field, 'Input')} | undefined;`);
  const output = type.fieldsArray.filter((field) => !inOneof.has(field)).map((field) => `  readonly ${field.name}: ${member(field, '')};`);
  const body = (lines: readonly string[]): string => (lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n}`);
  const unions = realOneofs(type).map((oneof) => {
    const cases = oneof.fieldsArray.map((field) => `  | { readonly ${oneof.name}: '${field.name}'; readonly ${field.name}: ${member(field, '')} }`);
    return `(\n${cases.join('\n')}\n  | { readonly ${oneof.name}?: undefined }\n)`;
  });
  const result = unions.length === 0 ? `export interface ${name} ${body(output)}` : `export type ${name} = ${[...(output.length > 0 ? [body(output)] : []), ...unions].join(' & ')};`;
  return `export interface ${name}Input ${body(input)}\n\n${result}\n`;
}

const enumText = (type: protobuf.Enum): string =>
  `export type ${localName(type)} = ${Object.keys(type.values).map((value) => `'${value}'`).join(' | ')};\n`;

function serviceText(service: protobuf.Service, fromPackage: string, imports: Set<string>): string {
  const methods = service.methodsArray.map((method) => {
    const kind = method.requestStream ? (method.responseStream ? 'duplex' : 'client-stream') : method.responseStream ? 'server-stream' : 'unary';
    const [request, reply] = [method.resolvedRequestType, method.resolvedResponseType];
    if (request === null || reply === null) throw new Error(`unresolved method ${method.fullName}`);
    const name = (type: protobuf.Type, suffix: string): string => reference(type, suffix, fromPackage, imports);
    const key = method.name.charAt(0).toLowerCase() + method.name.slice(1);
    return `  readonly ${key}: Method<'${kind}', ${name(request, 'Input')}, ${name(request, '')}, ${name(reply, 'Input')}, ${name(reply, '')}>;`;
  });
  return `/** Methods of \`${service.fullName.slice(1)}\`. */\nexport interface ${service.name}Service {\n${methods.join('\n')}\n}\n`;
}

function* members(at: protobuf.NamespaceBase): Iterable<protobuf.Type | protobuf.Enum | protobuf.Service> {
  for (const child of at.nestedArray) {
    if (child instanceof protobuf.Type || child instanceof protobuf.Enum || child instanceof protobuf.Service) yield child;
    if (child instanceof protobuf.Namespace) yield* members(child);
  }
}

/** All generated files: name within src/generated to content. */
export function generate(protoDirectory: string): Map<string, string> {
  const root = loadRoot(protoDirectory);
  const texts = new Map<string, { parts: string[]; imports: Set<string> }>();
  for (const type of members(root)) {
    const owner = packageOf(type);
    const file = texts.get(owner) ?? { parts: [], imports: new Set<string>() };
    texts.set(owner, file);
    if (type instanceof protobuf.Service) {
      file.imports.add('../method');
      file.parts.push(serviceText(type, owner, file.imports));
    } else if (type instanceof protobuf.Enum) file.parts.push(enumText(type));
    else if (!(type as { options?: { map_entry?: boolean } }).options?.map_entry) file.parts.push(messageText(type, owner, file.imports));
  }
  const files = new Map<string, string>();
  for (const [owner, { parts, imports }] of texts) {
    const file = PACKAGES[owner];
    if (file === undefined) throw new Error(`no file is named for the proto package ${owner}`);
    const lines = [...imports].sort().map((name) =>
      name === '../method' ? `import type { Method } from '../method.js';` : `import type * as ${name} from './${name}.js';`);
    files.set(`${file}.ts`, `${HEADER}${lines.join('\n')}${lines.length > 0 ? '\n' : ''}\n${parts.join('\n')}`);
  }
  const json = JSON.stringify(root.toJSON({ keepComments: false }));
  files.set('descriptor.ts', `${HEADER}\n/** JSON, in one string because that is what engines read fastest. */\nexport const descriptorJson =\n  ${JSON.stringify(json)};\n`);
  return files;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const here = dirname(fileURLToPath(import.meta.url));
  const target = join(here, '../src/generated');
  mkdirSync(target, { recursive: true });
  for (const [name, content] of generate(join(here, '../../../proto'))) {
    let old = '';
    try { old = readFileSync(join(target, name), 'utf8'); } catch { /* a new file */ }
    if (old !== content) writeFileSync(join(target, name), content);
  }
}
