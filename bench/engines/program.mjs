// node|deno program.mjs BUILD TASK: measures in this process, and prints what came of it as a line of JSON.
import process from 'node:process';
import { measure } from './task.mjs';

const [build = '', task = ''] = process.argv.slice(2);
console.log(JSON.stringify(await measure(await import(build), JSON.parse(task))));
