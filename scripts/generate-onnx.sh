#!/bin/sh
# Generates src/formats/onnx/onnx_pb.ts from the schema beside it, with protoc and the plugin among the packages. Needed only where the
# schema has changed. PROTOC names the compiler [protoc]: Debian's protobuf-compiler has it, or `python -m grpc_tools.protoc`.
set -e
cd "$(dirname "$0")/.."
${PROTOC:-protoc} --proto_path=src/formats/onnx --plugin=protoc-gen-es=node_modules/.bin/protoc-gen-es \
  --es_out=src/formats/onnx --es_opt=target=ts,import_extension=ts onnx.proto
# Nothing here reads what tells another linter to look away.
sed -i.bak '/^\/\* eslint-disable \*\/$/d' src/formats/onnx/onnx_pb.ts && rm src/formats/onnx/onnx_pb.ts.bak
