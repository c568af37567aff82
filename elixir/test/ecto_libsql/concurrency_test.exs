defmodule EctoLibSql.ConcurrencyTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Native, Nif}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.Machine, only: [timed: 1]
  import EctoLibSql.Test.Modes, only: [run!: 2, run!: 3, run!: 4, rows!: 2, rows!: 3]

  @processes 64
  @rounds 20

  defp all_at_once(f) do
    1..@processes |> Enum.map(&Task.async(fn -> f.(&1) end)) |> Task.await_many(60_000)
  end

  describe "with connections of their own to one file," do
    setup do
      options = Modes.options(:local) ++ [busy_timeout: 60_000, synchronous: :off]
      state = Modes.connect!(options)
      run!(state, "CREATE TABLE t(who INTEGER, n INTEGER)")
      run!(state, "CREATE TABLE total(n INTEGER)")
      run!(state, "INSERT INTO total VALUES (0)")
      %{options: options, state: state}
    end

    test "64 processes read and write", %{options: options, state: state} do
      all_at_once(fn who ->
        {:ok, own} = EctoLibSql.connect(options)

        for n <- 1..@rounds do
          assert %{num_rows: 1} = run!(own, "INSERT INTO t VALUES (?, ?)", [who, n])

          assert {:ok, [%{num_rows: 1}, %{rows: [[total]]}]} =
                   Native.batch_transactional(own, [
                     {"UPDATE total SET n = n + 1", []},
                     {"SELECT n FROM total", []}
                   ])

          assert [[now]] = rows!(own, "SELECT n FROM total")
          assert now >= total
          assert [[^n, ^n]] = rows!(own, "SELECT max(n), count(*) FROM t WHERE who = ?", [who])
        end

        EctoLibSql.disconnect(:done, own)
      end)

      assert rows!(state, "SELECT n FROM total") == [[@processes * @rounds]]
      assert rows!(state, "SELECT count(*), count(DISTINCT who) FROM t") == [[1280, 64]]
      assert rows!(state, "PRAGMA integrity_check") == [["ok"]]
    end

    # Each transaction is several calls: those that wait for its lock must leave it a thread, of which
    # the emulator has ten.
    for mode <- [:immediate, :deferred] do
      test "64 processes run #{mode} transactions", %{options: options, state: state} do
        all_at_once(fn who ->
          {:ok, own} = EctoLibSql.connect(options)

          for n <- 1..5 do
            {:ok, own} = Native.begin(own, behavior: unquote(mode))
            run!(own, "INSERT INTO t VALUES (?, ?)", [who, n], timeout: :infinity)
            # A lost update would show in the sum.
            [[total]] = rows!(own, "SELECT n FROM total")
            run!(own, "UPDATE total SET n = ?", [total + 1])
            {:ok, _} = Native.commit(own)

            # Readers see whole transactions only.
            {:ok, own} = Native.begin(own)
            [[total]] = rows!(own, "SELECT n FROM total")
            assert [[^total]] = rows!(own, "SELECT count(*) FROM t")
            {:ok, _} = Native.commit(own)
          end

          EctoLibSql.disconnect(:done, own)
        end)

        assert rows!(state, "SELECT n FROM total") == [[@processes * 5]]
        assert rows!(state, "PRAGMA integrity_check") == [["ok"]]
      end
    end

    test "a process waits for a lock as long as its options say", %{options: options} do
      {:ok, owner} = EctoLibSql.connect(options)
      {:ok, owner} = Native.begin(owner, behavior: :immediate)
      {:ok, other} = EctoLibSql.connect(Keyword.put(options, :busy_timeout, 80))

      {{:error, error, _}, waited} =
        timed(fn -> EctoLibSql.handle_execute("INSERT INTO total VALUES (1)", [], [], other) end)

      assert error.kind == :busy
      assert waited in 50..1000

      {{:error, error, _}, waited} =
        timed(fn ->
          EctoLibSql.handle_begin([mode: :immediate, timeout: 40], other)
        end)

      assert error.kind == :timeout
      assert waited in 10..1000

      # Set by SQL, it holds too; and what is freed meanwhile is had.
      run!(other, "PRAGMA busy_timeout = 60000")
      task = Task.async(fn -> run!(other, "INSERT INTO total VALUES (1)") end)
      Process.sleep(30)
      {:ok, _} = Native.rollback(owner)
      assert %{num_rows: 1} = Task.await(task)
    end
  end

  test "calls of 64 processes that share one connection take turns" do
    state = Modes.connect!(database: ":memory:")
    run!(state, "CREATE TABLE t(who INTEGER, n INTEGER)")
    {:ok, insert} = Native.prepare(state, "INSERT INTO t VALUES (?, ?) RETURNING who, n")

    all_at_once(fn who ->
      for n <- 1..@rounds do
        # Each gets the answer to its own question.
        assert {:ok, %{rows: [[^who, ^n]]}} = Native.query_stmt(state, insert, [who, n])
        assert [[^who, ^n]] = rows!(state, "SELECT ?, ?", [who, n])

        {:ok, cursor, ["a"]} = Nif.declare(state.conn_id, "SELECT ? AS a", [who], :infinity)
        assert {:cont, [[^who]]} = Nif.fetch(state.conn_id, cursor, 1, :infinity)
        assert :ok = Nif.close_cursor(state.conn_id, cursor)

        assert {:ok, [%{rows: [[^who]]}, %{rows: [[^n]]}]} =
                 Native.batch(state, [{"SELECT ?", [who]}, {"SELECT ?", [n]}])
      end
    end)

    assert rows!(state, "SELECT count(*), sum(who), sum(n) FROM t") ==
             [[1280, @rounds * div(64 * 65, 2), @processes * div(20 * 21, 2)]]
  end

  test "a connection may be used, interrupted, reset and closed by many processes at once" do
    for _ <- 1..20 do
      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      run!(state, "CREATE TABLE t(x)")

      all_at_once(fn who ->
        case rem(who, 8) do
          0 ->
            Native.interrupt(state)

          1 ->
            Native.reset(state)

          2 ->
            if who > 32, do: EctoLibSql.disconnect(:done, state)

          3 ->
            with {:ok, statement} <- Native.prepare(state, "SELECT 1"),
                 do: Native.close_stmt(statement)

          4 ->
            Native.begin(state)

          5 ->
            Native.execute_batch_sql(state, "INSERT INTO t VALUES (1); SELECT * FROM t")

          6 ->
            Nif.declare(state.conn_id, "SELECT * FROM t", [], 1000)

          7 ->
            EctoLibSql.handle_execute("INSERT INTO t VALUES (2)", [], [], state)
        end
      end)

      assert :ok = EctoLibSql.disconnect(:done, state)
      assert {:error, "" <> _} = Native.get_changes(state)
    end
  end

  test "a changed schema is seen although a lock keeps readers out" do
    file = Path.join(EctoLibSql.Test.Machine.folder!(), "schema.db")
    other = Path.join(EctoLibSql.Test.Machine.folder!(), "other.db")

    [memory, another] =
      for _ <- 1..2, do: "file:/schema_#{System.unique_integer([:positive])}?vfs=memdb"

    for opts <- [
          [database: file, journal_mode: :delete, attach: [other: other]],
          [database: memory, attach: [other: another]]
        ],
        prefix <- ["main", "other"] do
      [one, two] = for _ <- 1..2, do: Modes.connect!([busy_timeout: 50] ++ opts)
      Modes.run!(two, "SELECT count(*) FROM sqlite_schema, other.sqlite_schema")
      Modes.run!(one, "CREATE TABLE #{prefix}.t (x)")
      {:ok, _, one} = EctoLibSql.handle_begin([mode: :exclusive], one)

      for sql <- ["INSERT INTO #{prefix}.t VALUES (1)", "CREATE TABLE #{prefix}.t (y)"] do
        assert {_, {:error, %{kind: :busy}, _}} =
                 {opts, EctoLibSql.handle_execute(sql, [], [], two)}
      end

      query = %EctoLibSql.Query{statement: "SELECT * FROM #{prefix}.t"}
      assert {:error, %{kind: :busy}, _} = EctoLibSql.handle_declare(query, [], [], two)
      {:ok, _, one} = EctoLibSql.handle_commit([], one)
      Modes.run!(two, "INSERT INTO #{prefix}.t VALUES (1)")
      Modes.run!(one, "DROP TABLE #{prefix}.t")
      Modes.run!(two, "CREATE TABLE #{prefix}.t (y)")
      Modes.run!(two, "DROP TABLE #{prefix}.t")
    end
  end
end
