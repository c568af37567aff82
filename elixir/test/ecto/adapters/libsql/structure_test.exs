if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.StructureTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    alias Ecto.Adapters.LibSql

    @statements [
      "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT 'a;b', len INTEGER AS (length(name)) STORED) STRICT",
      ~s|CREATE TABLE "odd ""name;" (a TEXT PRIMARY KEY, user_id REFERENCES users (id)) WITHOUT ROWID|,
      "CREATE TABLE random_ids (id INTEGER PRIMARY KEY) RANDOM ROWID",
      "CREATE TABLE docs (id INTEGER PRIMARY KEY, body TEXT, emb F32_BLOB(3))",
      "CREATE UNIQUE INDEX users_name ON users (lower(name)) WHERE id > 1",
      "CREATE INDEX docs_emb ON docs (libsql_vector_idx(emb))",
      "CREATE VIRTUAL TABLE docs_fts USING fts5(body, content='docs', content_rowid='id')",
      "CREATE VIRTUAL TABLE words USING fts5(w)",
      "CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, y0, y1)",
      "CREATE VIEW top AS SELECT * FROM base WHERE id > 1",
      "CREATE VIEW base AS SELECT id, name FROM users",
      "CREATE TRIGGER docs_in AFTER INSERT ON docs BEGIN INSERT INTO docs_fts (rowid, body) VALUES (new.id, new.body); " <>
        "UPDATE users SET name = 'x;' WHERE name = ';'; END",
      "CREATE TRIGGER top_in INSTEAD OF INSERT ON top BEGIN INSERT INTO users (name) VALUES (new.name); END",
      "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, inserted_at TEXT)",
      "INSERT INTO schema_migrations VALUES (20240229010203, '2024-02-29T01:02:03'), (1, NULL)",
      "INSERT INTO users (name) VALUES ('not dumped')"
    ]

    defp schema do
      rows(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE 'libsql%' ORDER BY type, name"
      )
    end

    defp dumped(database, options) do
      execute(@statements)
      config = database_options(database) ++ [dump_path: database <> ".sql"] ++ options
      assert LibSql.structure_dump("unused", config) == {:ok, database <> ".sql"}
      config
    end

    defp loaded(config) do
      config = Keyword.merge(config, empty_database())
      _ = LibSql.storage_up(config)
      assert LibSql.structure_load("unused", config) == {:ok, config[:dump_path]}
      start_repo(config[:database], Keyword.take(config, [:encryption_key]))
      config
    end

    # A server refuses a comment that does not end.
    @tag :local_file
    test "comments behind a statement hide nothing", %{database: database} do
      execute([
        "CREATE TABLE t (a)",
        "CREATE INDEX i ON t (a) -- behind",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END -- behind",
        "CREATE VIEW v AS SELECT a FROM t /* it does not end"
      ])

      config = database_options(database) ++ [dump_path: database <> ".sql"]
      assert {:ok, _} = LibSql.structure_dump("unused", config)
      loaded(config)
      assert rows("SELECT name FROM sqlite_schema ORDER BY name") == [["i"], ["t"], ["tr"], ["v"]]
      assert rows("SELECT * FROM v") == []
    end

    test "every object and the versions of the migrations come back", %{database: database} do
      config = dumped(database, [])
      before = schema()
      versions = rows("SELECT * FROM schema_migrations")
      loaded(config)
      assert schema() == before
      assert rows("SELECT * FROM schema_migrations") == versions
      assert rows("SELECT * FROM users") == []

      # All of it works.
      execute([
        "INSERT INTO docs (body, emb) VALUES ('hello world', vector('[1,2,3]'))",
        "INSERT INTO top (name) VALUES ('n')"
      ])

      assert rows("SELECT rowid FROM docs_fts('hello')") == [[1]]
      assert rows("SELECT id FROM vector_top_k('docs_emb', vector('[1,2,3]'), 1)") == [[1]]
      assert rows("SELECT name FROM base") == [["n"]]
    end

    @key String.duplicate("k", 32)
    @tag :local_file
    @tag repo: [encryption_key: @key]
    test "an encrypted database is dumped and loaded", %{database: database} do
      config = dumped(database, encryption_key: @key)
      before = schema()
      loaded(config)
      assert schema() == before

      assert {:error, message} =
               LibSql.structure_dump("unused", Keyword.delete(config, :encryption_key))

      assert is_binary(message)
    end

    test "the table of migrations may have another name", %{database: database} do
      execute([
        "CREATE TABLE \"o\"\"ther\" (version, inserted_at)",
        "INSERT INTO \"o\"\"ther\" VALUES (5, 'now')"
      ])

      config =
        database_options(database) ++
          [dump_path: database <> ".sql", migration_source: ~s(o"ther)]

      {:ok, _} = LibSql.structure_dump("unused", config)
      loaded(config)
      assert rows(~s(SELECT * FROM "o""ther")) == [[5, "now"]]
    end

    # What it does with a database that this adapter has made is the tool's own affair.
    test "a command of the sqlite3 tool runs on a plain file only", %{database: database} do
      config = [database: database <> ".tool"]
      assert LibSql.storage_up(config) == :ok

      if System.find_executable("sqlite3") do
        assert {"", 0} = LibSql.dump_cmd(["CREATE TABLE t (a)"], [], config)
        assert {"CREATE TABLE t (a);\n", 0} = LibSql.dump_cmd([".schema"], [], config)
        assert {error, 1} = LibSql.dump_cmd(["NO SQL"], [stderr_to_stdout: true], config)
        assert error =~ "syntax error"
      end

      for config <- [
            [uri: "http://localhost", database: database],
            [uri: "http://localhost"],
            [database: ":memory:"],
            [database: database, encryption_key: @key]
          ] do
        assert_raise ArgumentError, ~r/structure_dump/, fn ->
          LibSql.dump_cmd([".schema"], [], config)
        end
      end
    end

    # `sqlite3 FILE .schema`, and the versions: ecto_sqlite3 writes it.
    test "what the sqlite3 tool has written is loaded", %{database: database} do
      path = database <> ".sql"

      File.write!(path, """
      CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT);
      CREATE TABLE sqlite_sequence(name,seq);
      CREATE TABLE schema_migrations(version INTEGER PRIMARY KEY, inserted_at TEXT);
      CREATE VIEW v AS SELECT * FROM a
      /* v(id,x) */;
      CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;
      INSERT INTO schema_migrations VALUES(1,'2024-01-01T00:00:00');
      """)

      {:ok, _} = LibSql.structure_load("unused", [dump_path: path] ++ database_options(database))

      execute(["INSERT INTO a (x) VALUES ('q')"])
      assert rows("SELECT id, x FROM v") == [[1, "q"]]
      assert rows("SELECT seq FROM sqlite_sequence") == [[1]]
      assert rows("SELECT version FROM schema_migrations") == [[1]]
    end

    test "a load that fails changes nothing", %{database: database} do
      path = database <> ".sql"
      File.write!(path, "CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE a (x);")

      config = database_options(database)
      assert {:error, message} = LibSql.structure_load("unused", [dump_path: path] ++ config)
      assert message =~ "already exists"
      assert schema() == []
      assert {:error, message} = LibSql.structure_load("/no such folder", config)
      assert message =~ "no such file"
    end
  end
end
