// The path of `conf` on a system (argument 1): each line on stdin is a JSON object of variables, null to unset one; each
// answer is a path. HOME is fixed when the process starts, because `env-paths` reads it once.
import {createInterface} from 'node:readline';
import fs from 'node:fs';
import path from 'node:path';
import Conf from 'conf';

const [platform] = process.argv.slice(1);
Object.defineProperty(process, 'platform', {value: platform});
if (platform === 'win32') {
	// Only after the import, which finds the package by the rules of the real system.
	Object.assign(path, path.win32);
}

// Creating a store creates its folder; here only the path is needed.
fs.mkdirSync = () => {};

console.log('null');
for await (const line of createInterface({input: process.stdin})) {
	for (const [name, value] of Object.entries(JSON.parse(line))) {
		if (value === null) {
			delete process.env[name];
		} else {
			process.env[name] = value;
		}
	}

	console.log(JSON.stringify(new Conf({projectName: 'arka-code'}).path));
}
