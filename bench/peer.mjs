// Runs libSQL's own clients for the workloads that the benchmarks compare. Prints "ready", then
// runs its workload once for each line of input and prints the nanoseconds.
//   node peer.mjs decode URL SQL        @libsql/client: all rows of a query
//   node peer.mjs replicate URL FOLDER  libsql: a new replica
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';

const require = createRequire(process.env.LIBSQL_PEERS + '/x.js');
const [what, url, argument] = process.argv.slice(2);

function workload() {
    if (what === 'decode') {
        const client = require('@libsql/client').createClient({url, intMode: 'bigint'});
        return async () => {
            const {rows} = await client.execute(argument);
            if (rows.length !== 100000) {
                throw new Error(`${rows.length} rows`);
            }
        };
    }
    const Database = require('libsql');
    let count = 0;
    return async () => {
        const db = new Database(`${argument}/peer-${++count}.db`, {syncUrl: url});
        db.sync();
        db.close();
    };
}

const once = workload();
console.log('ready');
for await (const _ of createInterface({input: process.stdin})) {
    const start = process.hrtime.bigint();
    await once();
    console.log(String(process.hrtime.bigint() - start));
}
