// The other side: libSQL's own client. `node encrypted_file.mjs write|read|wrong <path> <key>`.
import Database from "libsql";

const [what, path, key] = process.argv.slice(2);

function open() {
    return new Database(path, key === "" ? {} : { encryptionCipher: "aes256cbc", encryptionKey: key });
}

if (what === "wrong") {
    let refused = false;
    try {
        open().prepare("SELECT count(*) FROM t").get();
    } catch {
        refused = true;
    }
    process.exit(refused ? 0 : 1);
}
const db = open();
if (what === "write") {
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, bytes BLOB, number REAL)");
    const insert = db.prepare("INSERT INTO t VALUES (?1, 'row ' || ?1, CAST('blob ' || ?1 AS BLOB), ?1 / 4.0)");
    for (let i = 1; i <= 500; i++) insert.run(i);
} else {
    const sql = "SELECT id || '|' || body || '|' || hex(bytes) || '|' || number AS line FROM t ORDER BY id";
    for (const row of db.prepare(sql).all()) console.log(row.line);
}
db.close();
