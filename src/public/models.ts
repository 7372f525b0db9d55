// Models and what they are made of, with their arguments checked.
import { ANY, checked, checkedAlone, LIST, NUMBER, optional, RECORD } from '../core/arguments.ts';
import { describe as describeModel } from '../model/describe.ts';
import * as initialisers from '../model/initialisers.ts';
import { MODEL } from '../model/kind.ts';
import * as layers from '../model/layers.ts';
import * as models from '../model/model.ts';
import { table as modelTable } from '../model/table.ts';
import { mlp as mlpModel } from '../zoo/babu.ts';
import { ke as keModel } from '../zoo/ke.ts';

const OPTIONS = { options: optional(RECORD) };

export const normal = /* @__PURE__ */ checked('normal(0.01)', { stddev: NUMBER }, initialisers.normal);
export const truncatedNormal = /* @__PURE__ */ checked('truncatedNormal(0.01)', { stddev: NUMBER }, initialisers.truncatedNormal);
export const constant = /* @__PURE__ */ checked('constant(0.1)', { value: NUMBER }, initialisers.constant);
export const { heNormal, glorotUniform, zeros } = initialisers;

export const conv2d = /* @__PURE__ */ checked(
  "conv2d(32, 3, { activation: 'relu' })",
  { filters: NUMBER, kernel: ANY, ...OPTIONS },
  layers.conv2d,
);
export const depthwiseConv2d = /* @__PURE__ */ checked(
  "depthwiseConv2d(3, { activation: 'relu' })",
  { kernel: ANY, ...OPTIONS },
  layers.depthwiseConv2d,
);
export const maxPool2d = /* @__PURE__ */ checked('maxPool2d(2, { strides: 2 })', { size: ANY, ...OPTIONS }, layers.maxPool2d);
export const avgPool2d = /* @__PURE__ */ checked('avgPool2d(2, { strides: 2 })', { size: ANY, ...OPTIONS }, layers.avgPool2d);
export const dense = /* @__PURE__ */ checked("dense(10, { activation: 'relu' })", { units: NUMBER, ...OPTIONS }, layers.dense);
const NAMED = "for a name of its own { ...flatten(), name: 'features' }, with any layer in place of flatten()";
export const dropout = /* @__PURE__ */ checkedAlone('dropout(0.5)', { rate: NUMBER }, NAMED, layers.dropout);
export const batchNorm = /* @__PURE__ */ checked('batchNorm({ momentum: 0.9 })', OPTIONS, layers.batchNorm);
export const activation = /* @__PURE__ */ checkedAlone("activation('relu')", { kind: ANY }, NAMED, layers.activation);
export const flatten = /* @__PURE__ */ checkedAlone('flatten()', {}, NAMED, layers.flatten);
export const globalAvgPool2d = /* @__PURE__ */ checkedAlone('globalAvgPool2d()', {}, NAMED, layers.globalAvgPool2d);
export const { branch, residual } = layers;

export const model = /* @__PURE__ */ checked(
  'model([28, 28, 1], [flatten(), dense(10)])',
  { input: LIST, layers: LIST },
  models.model,
);
export const { parseModel } = models;
export const describe = /* @__PURE__ */ checked('describe(model)', { model: MODEL }, describeModel);
export const table = /* @__PURE__ */ checked('table(model)', { model: MODEL }, modelTable);

export const ke = /* @__PURE__ */ checked('ke({ filters: 64, layers: 3 })', OPTIONS, keModel);
export const mlp = /* @__PURE__ */ checked('mlp({ inputs: 2, depth: 3, width: 10, outputs: 1 })', { options: RECORD }, mlpModel);
