defmodule EctoLibSql.ResourcesTest do
  # What it measures is that of the whole emulator.
  use ExUnit.Case, async: false

  alias EctoLibSql.{Native, Nif, Query}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.Machine
  import EctoLibSql.Test.Modes, only: [run!: 2, rows!: 3]

  # For each kind of call: 15 of a million with ECTO_LIBSQL_MILLION=1.
  @calls if System.get_env("ECTO_LIBSQL_MILLION"), do: 1_000_000, else: 50_000

  @connections 10_000

  @tag timeout: 1_800_000
  test "10,000 connections end when they are closed, collected, or their process ends" do
    database = Path.join(folder!(), "many.db")
    {:ok, first} = EctoLibSql.connect(database: database)
    run!(first, "CREATE TABLE t(x)")
    EctoLibSql.disconnect(:done, first)
    # What every thread of the emulator needs once is not what is measured.
    for _ <- 1..5, do: open_some(database, 500)
    before = settled()

    for _ <- 1..div(@connections, 500), do: open_some(database, 500)

    eventually(fn ->
      now = settled()
      now.files <= before.files and now.threads <= before.threads
    end)

    eventually(fn -> settled().memory - before.memory < 20 end)
    {:ok, last} = EctoLibSql.connect(database: database)
    assert run!(last, "INSERT INTO t VALUES (1)").num_rows == 1
    EctoLibSql.disconnect(:done, last)
  end

  # In a process of its own, which holds up to a third of them at its end.
  defp open_some(database, count) do
    Task.async(fn ->
      for i <- 1..count do
        {:ok, state} = EctoLibSql.connect(database: database)
        {:ok, statement} = Native.prepare(state, "SELECT count(*) FROM t")
        {:ok, _} = Native.query_stmt(state, statement)
        if rem(i, 3) == 0, do: EctoLibSql.disconnect(:done, state)
        if rem(i, 25) == 0, do: :erlang.garbage_collect()
        if rem(i, 3) == 1, do: state
      end
      |> length()
    end)
    |> Task.await(60_000)
  end

  # Once what is to be closed is closed. (The engine keeps the files of closed connections as long as
  # another one of this emulator has a lock on the same database.)
  defp settled do
    for pid <- Process.list(), do: :erlang.garbage_collect(pid)
    eventually(fn -> not Enum.any?(files(), &String.contains?(&1, "many.db")) end)
    %{files: length(files()), threads: threads(), memory: memory()}
  end

  describe "memory does not grow with the number of" do
    setup do
      state = Modes.connect!(database: ":memory:")
      run!(state, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE)")

      Native.execute_batch_sql(state, """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000)
      INSERT INTO t SELECT i, 'name ' || i FROM n
      """)

      %{state: state}
    end

    # Once to warm up, and then to be measured. In a process whose heap is small.
    defp assert_flat(calls, f) do
      Task.async(fn ->
        repeat(div(calls, 5), f)
        before = collected_memory()
        repeat(calls, f)
        # What is collected is given back by a thread that others may keep from running.
        eventually(fn -> collected_memory() - before < 8 end)
      end)
      |> Task.await(:infinity)
    end

    defp collected_memory do
      for pid <- Process.list(), do: :erlang.garbage_collect(pid)
      memory()
    end

    defp repeat(0, _f), do: :ok

    defp repeat(n, f) do
      f.(n)
      repeat(n - 1, f)
    end

    @describetag timeout: :infinity

    test "selects by key", %{state: state} do
      assert_flat(@calls, fn n ->
        id = rem(n, 1000) + 1
        [[^id, _]] = rows!(state, "SELECT id, name FROM t WHERE id = ?", [id])
      end)
    end

    test "selects by name, with large texts and blobs", %{state: state} do
      blob = {:blob, :binary.copy("x", 1000)}
      text = String.duplicate("ü", 500)

      assert_flat(@calls, fn _ ->
        [[^text, 1000]] = rows!(state, "SELECT :a, length(:b)", %{"a" => text, b: blob})
      end)
    end

    test "inserts in transactions", %{state: state} do
      {:ok, state} = Native.begin(state)

      # The table stays as large as it is.
      assert_flat(@calls, fn n ->
        %{num_rows: 1} =
          Modes.run!(state, "INSERT OR REPLACE INTO t VALUES (?, ?)", [
            rem(n, 1000),
            "n #{rem(n, 1000)}"
          ])
      end)

      {:ok, _} = Native.rollback(state)
    end

    test "transactions and savepoints", %{state: state} do
      assert_flat(div(@calls, 2), fn n ->
        {:ok, _, state} = EctoLibSql.handle_begin([], state)
        {:ok, _, state} = EctoLibSql.handle_begin([mode: :savepoint], state)

        if rem(n, 2) == 0,
          do: {:ok, _, _} = EctoLibSql.handle_rollback([], state),
          else: {:ok, _, _} = EctoLibSql.handle_commit([], state)
      end)
    end

    test "errors", %{state: state} do
      assert_flat(@calls, fn n ->
        {:error, %{kind: :constraint}, _} =
          EctoLibSql.handle_execute("INSERT INTO t VALUES (?, 'x')", [rem(n, 1000) + 1], [], state)

        {:error, %{kind: :sql}, _} = EctoLibSql.handle_execute("SELEC", [], [], state)
        {:error, _} = Nif.run(state.conn_id, "SELECT 1", [{:no, "argument"}], 1000)
      end)
    end

    test "statements of different texts that are prepared, run, closed or collected", %{
      state: state
    } do
      assert_flat(@calls, fn n ->
        {:ok, statement} = Native.prepare(state, "SELECT name, #{n} FROM t WHERE id = ?")
        {:ok, %{rows: [[_, ^n]]}} = Native.query_stmt(state, statement, [1])
        {:ok, 2} = Native.stmt_column_count(state, statement)
        if rem(n, 2) == 0, do: :ok = Native.close_stmt(statement)
      end)
    end

    test "cursors that are read to the end, closed or collected", %{state: state} do
      query = %Query{statement: "SELECT id FROM t WHERE id > ?"}

      assert_flat(div(@calls, 5), fn n ->
        {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [900], [], state)
        {:cont, _, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 50], state)

        case rem(n, 3) do
          0 -> {:cont, _, _} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 51], state)
          1 -> {:ok, _, _} = EctoLibSql.handle_deallocate(query, cursor, [], state)
          2 -> :ok
        end
      end)
    end

    test "batches and scripts", %{state: state} do
      assert_flat(div(@calls, 5), fn n ->
        {:ok, [_, _, {:error, _}]} =
          Native.batch(state, [{"SELECT ?", [n]}, {"SELECT * FROM t LIMIT 10", []}, {"SELEC", []}])

        {:ok, [_, _]} = Native.execute_batch_sql(state, "SELECT 1; SELECT * FROM t LIMIT 10")
      end)
    end
  end
end
