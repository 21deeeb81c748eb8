// A `conf` store, driven from stdin: each line is a JSON array, [method, ...arguments]; each answer is one line of JSON.
import {createInterface} from 'node:readline';
import Conf from 'conf';

const store = new Conf({projectName: 'arka-code'});

const methods = {
	path: () => store.path,
	store: () => ({...store.store}),
	get: key => store.get(key),
	found: key => typeof store.get(key) === 'string',
	set: (key, value) => store.set(key, value),
	delete: key => store.delete(key),
	written: text => JSON.stringify(JSON.parse(text), undefined, '\t'),
};

console.log('null');
for await (const line of createInterface({input: process.stdin})) {
	const [method, ...parameters] = JSON.parse(line);
	console.log(JSON.stringify(methods[method](...parameters) ?? null));
}
