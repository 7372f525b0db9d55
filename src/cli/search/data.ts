export { type DataSource, type LoadedData as SearchData, loadData, sourceOf } from '../common/data-source.ts';
