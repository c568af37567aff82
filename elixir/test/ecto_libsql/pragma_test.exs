defmodule EctoLibSql.PragmaTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native, Pragma, Result}

  setup do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    %{state: state}
  end

  defp value({:ok, %Result{rows: [[value]]}}), do: value

  test "foreign keys are switched on and off", %{state: s} do
    assert value(Pragma.foreign_keys(s)) == 1
    assert :ok = Pragma.disable_foreign_keys(s)
    assert value(Pragma.foreign_keys(s)) == 0
    assert :ok = Pragma.enable_foreign_keys(s)
    assert value(Pragma.foreign_keys(s)) == 1
  end

  test "the journal mode is changed to a valid one, or an error", %{state: s} do
    assert value(Pragma.journal_mode(s)) == "memory"
    assert value(Pragma.set_journal_mode(s, :wal)) == "memory"
    assert {:error, %Error{kind: :invalid_argument}} = Pragma.set_journal_mode(s, :nope)

    path = Path.join(System.tmp_dir!(), "pragma_#{System.unique_integer([:positive])}.db")
    on_exit(fn -> for suffix <- ["", "-wal", "-shm"], do: File.rm(path <> suffix) end)
    {:ok, s} = EctoLibSql.connect(database: path)
    assert value(Pragma.journal_mode(s)) == "wal"
    assert value(Pragma.set_journal_mode(s, :truncate)) == "truncate"
    assert value(Pragma.journal_mode(s)) == "truncate"
  end

  test "synchronous, cache_size and user_version take valid values only", %{state: s} do
    for {level, number} <- [off: 0, normal: 1, full: 2, extra: 3] do
      assert {:ok, _} = Pragma.set_synchronous(s, level)
      assert value(Pragma.synchronous(s)) == number
    end

    assert {:ok, _} = Pragma.set_synchronous(s, 1)
    assert value(Pragma.synchronous(s)) == 1
    assert {:error, %Error{}} = Pragma.set_synchronous(s, 4)
    assert {:ok, _} = Pragma.set_cache_size(s, -4000)
    assert value(Pragma.cache_size(s)) == -4000
    assert {:error, %Error{}} = Pragma.set_cache_size(s, "1; DROP TABLE t")
    assert {:ok, _} = Pragma.set_user_version(s, 7)
    assert value(Pragma.user_version(s)) == 7
    assert {:error, %Error{}} = Pragma.set_user_version(s, "7")
  end

  test "tables and their columns are listed by name", %{state: s} do
    {:ok, _} =
      Native.execute_batch_sql(s, """
      CREATE TABLE "a b"(x INTEGER NOT NULL DEFAULT 1, y TEXT PRIMARY KEY);
      CREATE VIEW v AS SELECT 1;
      """)

    assert {:ok, %Result{rows: [x, y]}} = Pragma.table_info(s, "a b")
    assert x == [0, "x", "INTEGER", 1, "1", 0]
    assert [1, "y", "TEXT", 0, nil, 1] = y
    assert {:ok, %Result{rows: [_, _]}} = Pragma.table_info(s, "main.a b")
    assert {:ok, %Result{rows: []}} = Pragma.table_info(s, :nope)
    assert {:ok, %Result{rows: []}} = Pragma.table_info(s, ~S[x"); DROP TABLE "a b"; --])
    assert {:error, {:invalid_identifier, 1}} = Pragma.table_info(s, 1)
    assert {:ok, %Result{rows: tables}} = Pragma.table_list(s)
    assert [["main", "a b", "table" | _]] = for([_, "a b" | _] = row <- tables, do: row)
  end

  test "any pragma can be run", %{state: s} do
    assert {:ok, %Result{columns: ["page_size"], rows: [[4096]]}} =
             Pragma.query(s, "PRAGMA page_size")

    assert {:error, %Error{}} = Pragma.query(s, "PRAGMA nope(")
  end
end
