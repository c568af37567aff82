defmodule EctoLibSql.PragmaTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native, Pragma, Result, State}

  setup do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    %{state: state}
  end

  test "foreign keys", %{state: s} do
    assert {:ok, true} = Pragma.foreign_keys(s)
    assert {:ok, %State{} = s} = Pragma.disable_foreign_keys(s)
    assert {:ok, false} = Pragma.foreign_keys(s)
    assert {:ok, s} = Pragma.enable_foreign_keys(s)
    assert {:ok, true} = Pragma.foreign_keys(s)
  end

  test "the journal mode is what it says, or an error", %{state: s} do
    assert {:ok, :memory} = Pragma.journal_mode(s)
    assert {:error, %Error{kind: :unsupported, message: message}} = Pragma.set_journal_mode(s, :wal)
    assert message =~ "memory"
    assert {:error, %Error{kind: :invalid_argument}} = Pragma.set_journal_mode(s, :nope)

    path = Path.join(System.tmp_dir!(), "pragma_#{System.unique_integer([:positive])}.db")
    on_exit(fn -> for suffix <- ["", "-wal", "-shm"], do: File.rm(path <> suffix) end)
    {:ok, s} = EctoLibSql.connect(database: path)
    assert {:ok, :wal} = Pragma.journal_mode(s)
    assert {:ok, s} = Pragma.set_journal_mode(s, :truncate)
    assert {:ok, :truncate} = Pragma.journal_mode(s)
  end

  test "synchronous, cache size, user version", %{state: s} do
    for level <- [:off, :normal, :full, :extra] do
      assert {:ok, _} = Pragma.set_synchronous(s, level)
      assert {:ok, ^level} = Pragma.synchronous(s)
    end

    assert {:ok, _} = Pragma.set_synchronous(s, 1)
    assert {:ok, :normal} = Pragma.synchronous(s)
    assert {:error, %Error{}} = Pragma.set_synchronous(s, 4)
    assert {:ok, _} = Pragma.set_cache_size(s, -4000)
    assert {:ok, -4000} = Pragma.cache_size(s)
    assert {:error, %Error{}} = Pragma.set_cache_size(s, "1; DROP TABLE t")
    assert {:ok, _} = Pragma.set_user_version(s, 7)
    assert {:ok, 7} = Pragma.user_version(s)
    assert {:error, %Error{}} = Pragma.set_user_version(s, "7")
  end

  test "tables and their columns", %{state: s} do
    {:ok, _} =
      Native.execute_batch_sql(s, """
      CREATE TABLE "a b"(x INTEGER NOT NULL DEFAULT 1, y TEXT PRIMARY KEY);
      CREATE VIEW v AS SELECT 1;
      CREATE VIRTUAL TABLE f USING fts5(text);
      """)

    assert {:ok, [x, y]} = Pragma.table_info(s, "a b")
    assert x == %{cid: 0, name: "x", type: "INTEGER", notnull: true, dflt_value: "1", pk: 0}
    assert %{name: "y", pk: 1} = y
    assert {:ok, [_, _]} = Pragma.table_info(s, "main.a b")
    assert {:ok, []} = Pragma.table_info(s, :nope)
    assert {:ok, []} = Pragma.table_info(s, ~S[x"); DROP TABLE "a b"; --])
    assert {:error, {:invalid_identifier, 1}} = Pragma.table_info(s, 1)
    assert {:ok, ["a b", "f"]} = Pragma.table_list(s)
  end

  test "any pragma", %{state: s} do
    assert {:ok, %Result{columns: ["page_size"], rows: [[4096]]}} =
             Pragma.query(s, "PRAGMA page_size")

    assert {:error, %Error{}} = Pragma.query(s, "PRAGMA nope(")
  end
end
