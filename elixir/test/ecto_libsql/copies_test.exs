defmodule EctoLibSql.CopiesTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native}

  setup do
    path = Path.join(System.tmp_dir!(), "copies_#{System.unique_integer([:positive])}.db")
    on_exit(fn -> for suffix <- ["", "-wal", "-shm"], do: File.rm(path <> suffix) end)
    {:ok, state} = EctoLibSql.connect(database: ":memory:")

    {:ok, _} =
      Native.execute_batch_sql(state, """
      CREATE TABLE t(id INTEGER PRIMARY KEY, x);
      INSERT INTO t VALUES (1, 'it''s; ü'), (2, x'00ff'), (3, 1.5), (4, NULL);
      CREATE VIRTUAL TABLE f USING fts5(text);
      INSERT INTO f VALUES ('hello world');
      CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET x = x; DELETE FROM t WHERE id < 0; END;
      """)

    %{state: state, path: path}
  end

  @content "SELECT (SELECT group_concat(id || typeof(x) || quote(x)) FROM t), (SELECT text FROM f WHERE f MATCH 'hello')"

  defp content(state) do
    {:ok, _, %{rows: [row]}, _} = EctoLibSql.handle_execute(@content, [], [], state)
    row
  end

  test "a dump makes the same database", %{state: s} do
    assert {:ok, sql} = Native.dump(s)
    {:ok, other} = EctoLibSql.connect(database: ":memory:")
    assert {:ok, statements} = Native.load_dump(other, sql)
    assert statements > 5
    assert content(other) == content(s)
    assert {:ok, ^sql} = Native.dump(other)
    assert {:ok, schema} = Native.dump(s, rows: false)
    refute schema =~ "it''s"
    assert {:error, %Error{}} = Native.dump(s, rows: 1)
  end

  test "a dump that fails changes nothing", %{state: s} do
    before = content(s)

    assert {:error, %Error{message: message}} =
             Native.load_dump(s, "INSERT INTO t VALUES (9, 9);\nINSERT INTO nope VALUES (1);\n")

    assert message =~ "nope"
    assert content(s) == before
  end

  test "the bytes of a file are the database", %{state: s} do
    assert {:ok, <<"SQLite format 3", 0, _::binary>> = bytes} = Native.serialize(s)
    {:ok, other} = EctoLibSql.connect(database: ":memory:")
    assert :ok = Native.deserialize(other, bytes)
    assert content(other) == content(s)
    assert {:error, %Error{}} = Native.deserialize(other, "nothing")
    assert {:error, %Error{}} = Native.serialize(other, "nope")
    assert content(other) == content(s)
  end

  test "a database is copied to a file, encrypted or not", %{state: s, path: path} do
    assert :ok = Native.back_up(s, path)
    {:ok, copy} = EctoLibSql.connect(database: path)
    assert content(copy) == content(s)
    EctoLibSql.disconnect(:done, copy)
    File.rm(path)

    assert :ok = Native.back_up(s, path, encryption_key: "k")

    assert {:error, %Error{kind: :wrong_key}} =
             EctoLibSql.connect(database: path, encryption_key: "x")

    {:ok, copy} = EctoLibSql.connect(database: path, encryption_key: "k")
    assert content(copy) == content(s)
    assert {:error, %Error{}} = Native.back_up(s, "/no/such/folder/copy.db")
  end
end
