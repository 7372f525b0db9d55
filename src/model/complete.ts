import { checkActivation } from '../core/activation.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import * as field from './fields.ts';
import { layerNames } from './names.ts';
import type { Layer, LayerType } from './types.ts';

const weighted = ['bias', 'activation', 'init', 'biasInit', 'weightDecay'];
const convolution = ['kernel', 'strides', 'padding', 'dilations', ...weighted];
const pooling = ['size', 'strides', 'padding'];

const fieldsOf: Readonly<Record<LayerType, readonly string[]>> = {
  conv2d: ['filters', 'groups', ...convolution],
  depthwiseConv2d: ['multiplier', ...convolution],
  maxPool2d: pooling,
  avgPool2d: pooling,
  globalAvgPool2d: [],
  dense: ['units', ...weighted],
  flatten: [],
  dropout: ['rate'],
  batchNorm: ['momentum', 'epsilon'],
  activation: ['activation'],
  branch: ['paths'],
  residual: ['layers'],
};

/**
 * Checks a list of layers, from code or from JSON, and fills in the defaults. `where` is the list's place in the model
 * (`layers`, `layers[2].paths[0]`), `scope` what its layers' names begin with. Throws an OptionError that names the layer.
 */
export function completeLayers(where: string, scope: string, value: unknown): Layer[] {
  if (!Array.isArray(value))
    throw new OptionError(
      `${where} must be an array of layers, got ${shown(value)}; write ${where.includes('paths') ? 'branch([conv2d(8, 1)], [conv2d(8, 3)])' : 'model([28, 28, 1], [flatten(), dense(10)])'}`,
    );
  const heads = Array.from(value, (layer: unknown, index) => {
    const place = `${where}[${index}]`;
    if (typeof layer === 'function')
      throw new OptionError(`${place}: a layer must be an object, got ${shown(layer)}; call it: ${layer.name || 'dense'}(...)`);
    const fields = field.asFields(place, 'a layer', layer);
    const name = field.optionalName(place, fields.name);
    return { type: layerType(place, fields.type), ...(name !== undefined && { name }), fields };
  });
  const names = layerNames(where, heads);
  return heads.map(({ type, fields }, index) => {
    const name = `${scope}${names[index]}`;
    return completeLayer(`${where}[${index}] (${name})`, `${where}[${index}]`, `${name}/`, type, fields);
  });
}

/** Checks one layer that is not yet part of a model; errors name it by its type. */
export function completeOne(type: LayerType, fields: field.Fields): Layer {
  return completeLayer(type, type, '', type, fields);
}

function completeLayer(where: string, place: string, scope: string, type: LayerType, fields: field.Fields): Layer {
  field.refuseUnknown(where, fields, ['type', 'name', ...fieldsOf[type]]);
  const name = field.optionalName(where, fields.name);
  const named = name === undefined ? {} : { name };
  switch (type) {
    case 'conv2d':
      return {
        type,
        ...named,
        filters: field.positiveInteger(where, 'filters', fields.filters),
        ...convolutionFields(where, fields),
        groups: field.positiveInteger(where, 'groups', fields.groups ?? 1),
        ...weightedFields(where, fields, 'heNormal'),
      };
    case 'depthwiseConv2d':
      return {
        type,
        ...named,
        ...convolutionFields(where, fields),
        multiplier: field.positiveInteger(where, 'multiplier', fields.multiplier ?? 1),
        ...weightedFields(where, fields, 'heNormal'),
      };
    case 'maxPool2d':
    case 'avgPool2d': {
      const size = field.pair(where, 'size', fields.size);
      const strides = field.pair(where, 'strides', fields.strides ?? size);
      return { type, ...named, size, strides, padding: field.padding(where, fields.padding) };
    }
    case 'dense':
      return {
        type,
        ...named,
        units: field.positiveInteger(where, 'units', fields.units),
        ...weightedFields(where, fields, 'glorotUniform'),
      };
    case 'globalAvgPool2d':
    case 'flatten':
      return { type, ...named };
    case 'dropout':
      return { type, ...named, rate: field.number(where, 'rate', fields.rate, 'in [0, 1)', (n) => n >= 0 && n < 1) };
    case 'batchNorm':
      return {
        type,
        ...named,
        momentum: field.number(where, 'momentum', fields.momentum ?? 0.99, 'in [0, 1]', (n) => n >= 0 && n <= 1),
        epsilon: field.number(where, 'epsilon', fields.epsilon ?? 1e-3, 'above 0', (n) => n > 0),
      };
    case 'activation': {
      const activation = checkActivation(where, fields.activation);
      if (activation === undefined) throw new OptionError(`${where}: activation is missing; leave the layer out for none`);
      return { type, ...named, activation };
    }
    case 'branch': {
      const { paths } = fields;
      if (!Array.isArray(paths) || paths.length === 0)
        throw new OptionError(`${where}: paths must be an array of at least one path, got ${shown(paths)}`);
      const complete = Array.from(paths, (path: unknown, index) =>
        completeLayers(`${place}.paths[${index}]`, `${scope}${index}/`, path),
      );
      return { type, ...named, paths: complete };
    }
    case 'residual': {
      const layers = completeLayers(`${place}.layers`, scope, fields.layers);
      if (layers.length === 0) throw new OptionError(`${where}: layers must hold at least one layer`);
      return { type, ...named, layers };
    }
  }
}

function convolutionFields(where: string, fields: field.Fields) {
  return {
    kernel: field.pair(where, 'kernel', fields.kernel),
    strides: field.pair(where, 'strides', fields.strides ?? 1),
    padding: field.padding(where, fields.padding),
    dilations: field.pair(where, 'dilations', fields.dilations ?? 1),
  };
}

/** A layer without a bias keeps no choice of one, so that equal layers are equal data. */
function weightedFields(where: string, fields: field.Fields, missingInit: 'heNormal' | 'glorotUniform') {
  const activation = checkActivation(where, fields.activation);
  const bias = field.boolean(where, 'bias', fields.bias, true);
  const biasInit = field.init(where, 'biasInit', fields.biasInit, { type: 'zeros' });
  return {
    bias,
    ...(activation !== undefined && { activation }),
    init: field.init(where, 'init', fields.init, { type: missingInit }),
    biasInit: bias ? biasInit : ({ type: 'zeros' } as const),
    weightDecay: field.number(where, 'weightDecay', fields.weightDecay ?? 0, 'of at least 0', (n) => n >= 0),
  };
}

function layerType(where: string, value: unknown): LayerType {
  if (typeof value !== 'string' || !Object.hasOwn(fieldsOf, value))
    throw new OptionError(
      `${where}: the type of a layer must be one of ${Object.keys(fieldsOf).join(', ')}, got ${shown(value)}`,
    );
  return value as LayerType;
}
