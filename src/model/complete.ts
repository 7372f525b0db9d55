import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import * as field from './fields.ts';
import { completeFields } from './layers/make.ts';
import { containerDefinition, isContainerType, isLayerType, layerDefinitions, simpleDefinition } from './layers/registry.ts';
import { layerNames } from './names.ts';
import type { Layer, LayerType } from './types.ts';

/**
 * Checks a list of layers, from code or from JSON, and fills in the defaults. `where` is the list's path in the model
 * (`layers`, `layers[2].paths[0]`), `scope` what its layers' names begin with. Throws an OptionError that names the layer.
 */
export function completeLayers(where: string, scope: string, value: unknown): Layer[] {
  if (!Array.isArray(value))
    throw new OptionError(
      `${where} must be an array of layers, got ${shown(value)}; write ${where.includes('paths') ? 'branch([conv2d(8, 1)], [conv2d(8, 3)])' : 'model([28, 28, 1], [flatten(), dense(10)])'}`,
    );
  const heads = Array.from(value, (layer: unknown, index) => {
    const path = `${where}[${index}]`;
    if (typeof layer === 'function')
      throw new OptionError(`${path}: a layer must be an object, got ${shown(layer)}; call it: ${layer.name || 'dense'}(...)`);
    if (Array.isArray(layer))
      throw new OptionError(`${path}: a layer must be an object, got an array; write its layers one by one, ...layers`);
    const fields = field.asFields(path, 'a layer', layer);
    const name = field.optionalName(path, fields.name);
    return { type: layerType(path, fields.type), ...(name !== undefined && { name }), fields };
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

function completeLayer(where: string, path: string, scope: string, type: LayerType, fields: field.Fields): Layer {
  if (!isContainerType(type)) {
    const definition = simpleDefinition(type);
    return completeFields(where, definition, fields, () => definition.complete(where, fields));
  }
  const definition = containerDefinition(type);
  const completeList = (list: string, inner: string, value: unknown) =>
    completeLayers(`${path}.${list}`, `${scope}${inner}`, value);
  return completeFields(where, definition, fields, () => definition.complete(where, fields, completeList));
}

function layerType(where: string, value: unknown): LayerType {
  if (!isLayerType(value))
    throw new OptionError(
      `${where}: the type of a layer must be one of ${Object.keys(layerDefinitions).join(', ')}, got ${shown(value)}`,
    );
  return value;
}
