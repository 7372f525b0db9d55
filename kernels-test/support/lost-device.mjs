// Preloaded into search workers (NODE_OPTIONS=--import): in the first LOST_DEVICES of them the device is lost in the middle of a
// training. LOST_FILE counts them.
import { appendFileSync, existsSync, statSync } from 'node:fs';
import { globals } from 'webgpu';

const classes = /** @type {{ GPUAdapter: typeof GPUAdapter, GPUQueue: typeof GPUQueue }} */ (globals);
const { LOST_FILE: file = '', LOST_DEVICES: devices = '0' } = process.env;
const lost = existsSync(file) ? statSync(file).size : 0;
if (process.argv[1]?.includes('search-worker') && lost < Number(devices)) {
  const { requestDevice } = classes.GPUAdapter.prototype;
  const { submit } = classes.GPUQueue.prototype;
  /** @type {GPUDevice | undefined} */
  let device;
  let submits = 0;
  classes.GPUAdapter.prototype.requestDevice = async function (...args) {
    device = await requestDevice.apply(this, args);
    return device;
  };
  classes.GPUQueue.prototype.submit = function (...args) {
    submit.apply(this, args);
    if (++submits !== 5) return;
    appendFileSync(file, '.');
    device?.destroy();
  };
}
