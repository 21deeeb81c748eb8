// Where `conf` looks on a system (argument 1): one JSON object of variables a line on stdin, null to unset one, and one
// path a line back. HOME is what the process was started with, since `env-paths` asks for it once.
import {createInterface} from 'node:readline';
import fs from 'node:fs';
import path from 'node:path';
import Conf from 'conf';

const [platform] = process.argv.slice(1);
Object.defineProperty(process, 'platform', {value: platform});
if (platform === 'win32') {
	// Not before the import, which looks for the package by the rules of the system that this runs on.
	Object.assign(path, path.win32);
}

// A store makes its folder; this one is only asked where it would be.
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
