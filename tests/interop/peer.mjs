// libSQL's own clients, for what they must be able to do with what we wrote, and the reverse. Prints
// the rows of table `t` in order, a line each; a value is its type and, in hexadecimal, its bytes.
//   node peer.mjs write URL                 @libsql/client: makes the table and fills it
//   node peer.mjs read URL                  @libsql/client: the rows
//   node peer.mjs sync FILE URL [KEY]       libsql: opens or makes a replica, syncs; the rows
import {createRequire} from 'node:module';

const require = createRequire(process.env.LIBSQL_PEERS + '/x.js');
const [what, first, url, key] = process.argv.slice(2);

const texts = ['', 'a', "it's", 'ünï ☃ 𝄞', 'line\nbreak\t"quoted" \\ / \u0001', 'x'.repeat(5000)];
const blobs = [[], [0], [255, 254, 0, 1], Array.from({length: 300}, (_, i) => i % 256)];
const integers = [0n, 1n, -1n, 9007199254740993n, 9223372036854775807n, -9223372036854775808n];
const reals = [0.5, -0.25, 1e308, 5e-324, 1.7976931348623157e308, 0.1];

function show(value) {
    if (value === null) {
        return 'null';
    }
    if (typeof value === 'bigint') {
        return `integer ${value}`;
    }
    if (typeof value === 'number') {
        const bits = new DataView(new ArrayBuffer(8));
        bits.setFloat64(0, value);
        return `real ${bits.getBigUint64(0).toString(16).padStart(16, '0')}`;
    }
    const kind = typeof value === 'string' ? 'text' : 'blob';
    return `${kind} ${Buffer.from(value).toString('hex')}`;
}

function print(rows) {
    for (const row of rows) {
        console.log(`${row[0]}: ${show(row[1])}`);
    }
}

if (what === 'sync') {
    const Database = require('libsql');
    const options = {syncUrl: url};
    if (key) {
        options.encryptionKey = key;
    }
    const db = new Database(first, options);
    db.sync();
    print(db.prepare('SELECT id, x FROM t ORDER BY id').raw(true).safeIntegers(true).all());
    db.close();
} else {
    const client = require('@libsql/client').createClient({url: first, intMode: 'bigint'});
    if (what === 'write') {
        await client.execute('CREATE TABLE t(id INTEGER PRIMARY KEY, x)');
        const all = [null, ...integers, ...reals, ...texts, ...blobs.map((b) => new Uint8Array(b))];
        await client.batch(all.map((x) => ({sql: 'INSERT INTO t(x) VALUES (?)', args: [x]})), 'write');
    }
    const {rows} = await client.execute('SELECT id, x FROM t ORDER BY id');
    print(rows);
    client.close();
}
