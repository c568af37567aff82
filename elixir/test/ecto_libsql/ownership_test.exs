defmodule EctoLibSql.OwnershipTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native, Nif, Result}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.{Busy, Machine}
  import EctoLibSql.Test.Modes, only: [run!: 2, run!: 3, rows!: 2]

  setup do: Modes.setup_table(busy_timeout: 0)

  defp write(state, opts \\ []),
    do: EctoLibSql.handle_execute("INSERT INTO t VALUES (2)", [], opts, state)

  # Another connection has the lock to write within two seconds of `pid`'s end.
  defp assert_freed_by_end_of(pid, state) do
    kill(pid)
    eventually(fn -> match?({:ok, _, _, _}, write(state)) end)
  end

  defp assert_closed(state) do
    eventually(fn -> match?({:error, _}, Native.get_changes(state)) end)
    assert {:error, "" <> _} = Native.get_changes(state)
    assert {:disconnect, %Error{kind: :closed}, _} = write(state)
  end

  describe "the end of the owner closes the connection" do
    test "in a transaction", %{options: options, state: state} do
      {owner, theirs} =
        owner(options, fn theirs ->
          {:ok, theirs} = Native.begin(theirs, behavior: :immediate)
          run!(theirs, "INSERT INTO t VALUES (10)")
          theirs
        end)

      assert {:error, %Error{kind: :busy}, _} = write(state)
      assert_freed_by_end_of(owner, state)
      assert rows!(state, "SELECT x FROM t") == [[1], [2]]
      assert_closed(theirs)
    end

    test "in a transaction by SQL", %{options: options, state: state} do
      {owner, _} =
        owner(options, fn theirs ->
          run!(theirs, "BEGIN EXCLUSIVE")
          theirs
        end)

      assert {:error, %Error{kind: :busy}, _} = write(state)
      assert_freed_by_end_of(owner, state)
    end

    test "with an open cursor", %{options: options, state: state} do
      run!(state, "PRAGMA journal_mode = DELETE")

      {owner, {theirs, cursor}} =
        owner(options ++ [journal_mode: :delete], fn theirs ->
          {:ok, cursor, _} = Nif.declare(theirs.conn_id, "SELECT x FROM t", [], :infinity)
          {:cont, [[1]]} = Nif.fetch(theirs.conn_id, cursor, 1, :infinity)
          {theirs, cursor}
        end)

      # Without a WAL a reader keeps a writer from its commit.
      assert {:error, %Error{kind: :busy}, _} = write(state)
      assert_freed_by_end_of(owner, state)
      assert_closed(theirs)

      assert {:error, {:closed, _, _, _, _, _, _, _, _}} =
               Nif.fetch(theirs.conn_id, cursor, 1, :infinity)
    end

    test "with a held statement", %{options: options, state: state} do
      {owner, {theirs, statement}} =
        owner(options, fn theirs ->
          {:ok, statement} = Native.prepare(theirs, "SELECT x FROM t")
          {:ok, %Result{rows: [[1]]}} = Native.query_stmt(theirs, statement)
          {theirs, statement}
        end)

      assert_freed_by_end_of(owner, state)
      assert_closed(theirs)
      assert {:error, "" <> _} = Native.query_stmt(theirs, statement)
      assert {:error, "" <> _} = Native.close_stmt(statement)
    end

    test "in a query of its own, at any moment of it", %{options: options, state: state} do
      for i <- 1..40 do
        parent = self()

        owner =
          spawn(fn ->
            {:ok, theirs} = EctoLibSql.connect(options)
            run!(theirs, "BEGIN IMMEDIATE")
            send(parent, {:begun, theirs})
            Nif.run(theirs.conn_id, endless(), [], :infinity)
          end)

        theirs = receive do: ({:begun, theirs} -> theirs)
        for _ <- 1..(i * 20), do: :erlang.yield()
        assert_freed_by_end_of(owner, state)
        assert_closed(theirs)
      end
    end

    test "in another process's query", %{options: options, state: state} do
      for _ <- 1..20 do
        {owner, theirs} = owner(options)
        run!(theirs, "BEGIN IMMEDIATE")
        caller = run_endless(theirs)
        assert_freed_by_end_of(owner, state)
        assert {:error, fields} = Task.await(caller)
        assert Error.from_native(fields).kind in [:interrupted, :closed]
        assert_closed(theirs)
      end
    end

    test "while others wait for their turn", %{options: options, state: state} do
      {owner, theirs} = owner(options)
      run!(theirs, "BEGIN IMMEDIATE")
      callers = for _ <- 1..4, do: run_endless(theirs)
      assert_freed_by_end_of(owner, state)

      for caller <- callers do
        assert {:error, fields} = Task.await(caller)
        assert Error.from_native(fields).kind in [:interrupted, :closed]
      end
    end

    test "while a handle of another connection ends in a long query",
         %{options: options, state: state} do
      busy = Modes.connect!(database: ":memory:")
      drop_handles(busy)
      caller = run_endless(busy)
      :erlang.garbage_collect()
      {owner, theirs} = owner(options)
      run!(theirs, "BEGIN IMMEDIATE")
      assert_freed_by_end_of(owner, state)
      assert Task.yield(caller, 0) == nil
      Native.interrupt(busy)
      assert {:error, {:interrupted, _, _, _, _, _, _, _, _}} = Task.await(caller)
      assert rows!(busy, "SELECT 1") == [[1]]
    end
  end

  # In a function of its own, so that nothing on the stack names them.
  defp drop_handles(state) do
    for _ <- 1..10 do
      {:ok, _} = Native.prepare(state, "SELECT 1")
      {:ok, _, _} = Nif.declare(state.conn_id, numbers(), [], :infinity)
    end

    :ok
  end

  describe "the end of a caller" do
    test "interrupts its query, at any moment of it", %{state: state} do
      for i <- 1..100 do
        caller = spawn(fn -> Nif.run(state.conn_id, endless(), [], :infinity) end)
        for _ <- 1..(i * 10), do: :erlang.yield()
        kill(caller)

        assert {:ok, _, %{rows: [[1]]}, _} =
                 EctoLibSql.handle_execute("SELECT 1", [], [timeout: 5_000], state)
      end
    end

    test "interrupts its reading of a cursor", %{state: state} do
      {_query, %{ref: {cursor, _}}, state} = open_cursor(state)
      caller = spawn(fn -> Nif.fetch(state.conn_id, cursor, 1_000_000_000_000, :infinity) end)
      eventually(fn -> in_native?(caller) end)
      kill(caller)

      assert {:ok, _, %{rows: [[1]]}, _} =
               EctoLibSql.handle_execute("SELECT 1", [], [timeout: 5_000], state)
    end

    test "takes away its turn before it has come", %{state: state} do
      first = run_endless(state)
      waiting = run_endless(state)
      kill(waiting.pid)
      eventually(fn -> Native.interrupt(state) && Task.yield(first, 0) end)

      assert {:ok, _, %{rows: [[1]]}, _} =
               EctoLibSql.handle_execute("SELECT 1", [], [timeout: 5_000], state)
    end

    test "leaves a transaction as it is", %{state: state} do
      {:ok, state} = Native.begin(state)
      run!(state, "INSERT INTO t VALUES (3)")
      caller = run_endless(state)
      kill(caller.pid)

      assert {:ok, _, %{rows: [[2]]}, _} =
               EctoLibSql.handle_execute("SELECT count(*) FROM t", [], [timeout: 5_000], state)

      assert {:ok, _} = Native.commit(state)
    end
  end

  describe "handles" do
    test "belong to one connection", %{options: options, state: state} do
      other = Modes.connect!(options)
      {:ok, statement} = Native.prepare(state, "SELECT 1")

      for call <- [
            &Native.query_stmt(other, &1),
            &Native.execute_stmt(other, &1, "SELECT 1"),
            &Native.reset_stmt(other, &1),
            &Native.stmt_column_count(other, &1),
            &Native.stmt_column_name(other, &1, 0),
            &Native.stmt_parameter_count(other, &1),
            &Native.stmt_parameter_name(other, &1, 1),
            &Native.get_stmt_columns(other, &1)
          ] do
        assert call.(statement) == {:error, "Statement does not belong to connection"}
      end

      {query, cursor, state} = open_cursor(state)

      assert {:error, %Error{message: message}, _} =
               EctoLibSql.handle_fetch(query, cursor, [], other)

      assert message =~ "another connection"
      assert {:error, %Error{}, _} = EctoLibSql.handle_deallocate(query, cursor, [], other)
      assert {:ok, %Result{rows: [[1]]}} = Native.query_stmt(state, statement)

      assert {:cont, %Result{rows: [[2]]}, _} =
               EctoLibSql.handle_fetch(query, cursor, [max_rows: 1], state)
    end

    test "of a closed connection are closed, and it closes once more", %{state: state} do
      {:ok, statement} = Native.prepare(state, "SELECT 1")
      {query, cursor, state} = open_cursor(state)
      {:ok, state} = Native.begin(state)
      assert :ok = EctoLibSql.disconnect(:done, state)
      assert :ok = EctoLibSql.disconnect(:done, state)
      assert {:error, "" <> _} = Native.query_stmt(state, statement)
      assert {:error, "" <> _} = Native.close_stmt(statement)

      assert {:disconnect, %Error{kind: :closed}, _} =
               EctoLibSql.handle_fetch(query, cursor, [], state)

      assert {:disconnect, %Error{kind: :closed}, _} =
               EctoLibSql.handle_deallocate(query, cursor, [], state)

      assert {:error, "" <> _} = Native.commit(state)
      assert {:error, "" <> _} = Native.prepare(state, "SELECT 1")
      assert {:disconnect, %Error{kind: :closed}, _} = EctoLibSql.ping(state)
      assert {:error, _} = EctoLibSql.handle_status([], state)
      assert :ok = Native.interrupt(state)
    end

    test "close twice and in any order", %{options: options} do
      for order <- permutations([:statement, :cursor, :transaction, :connection]) do
        {:ok, state} = EctoLibSql.connect(options)
        {:ok, state} = Native.begin(state)
        {:ok, statement} = Native.prepare(state, "SELECT x FROM t")
        {query, cursor, state} = open_cursor(state)

        for _twice <- 1..2, what <- order do
          case what do
            :statement -> Native.close_stmt(statement)
            :cursor -> EctoLibSql.handle_deallocate(query, cursor, [], state)
            :transaction -> Native.rollback(state)
            :connection -> EctoLibSql.disconnect(:done, state)
          end
        end

        assert {:error, "" <> _} = Native.get_changes(state)
      end
    end

    defp permutations([]), do: [[]]
    defp permutations(all), do: for(x <- all, rest <- permutations(all -- [x]), do: [x | rest])

    test "that are collected end while the connection is used", %{state: state} do
      reader = Task.async(fn -> for _ <- 1..2_000, do: [[1]] = rows!(state, "SELECT 1") end)

      for _ <- 1..200 do
        drop_handles(state)
        :erlang.garbage_collect()
      end

      Task.await(reader, 30_000)
      # What read is gone: without a WAL it would keep this from its commit.
      run!(state, "PRAGMA journal_mode = DELETE")
      assert run!(state, "INSERT INTO t VALUES (?)", [5]).num_rows == 1
    end

    test "keep their connection, which is collected after the last of them", %{options: options} do
      statement = statement_alone(options)
      :erlang.garbage_collect()
      other = Modes.connect!(options)
      assert {:error, %Error{kind: :busy}, _} = write(other)
      use_up(statement)
      eventually(fn -> :erlang.garbage_collect() && match?({:ok, _, _, _}, write(other)) end)
    end

    defp statement_alone(options) do
      {:ok, state} = EctoLibSql.connect(options)
      {:ok, _} = Native.begin(state, behavior: :immediate)
      {:ok, statement} = Native.prepare(state, "SELECT 1")
      statement
    end

    defp use_up(statement), do: assert({:ok, _} = Process.info(self(), :memory) && {:ok, statement})

    test "are usable by other processes", %{state: state} do
      {:ok, statement} = Native.prepare(state, "SELECT ?")

      for i <- 1..20 do
        Task.async(fn -> Native.query_stmt(state, statement, [i]) end)
      end
      |> Task.await_many()
      |> Enum.with_index(1)
      |> Enum.each(fn {result, i} -> assert {:ok, %Result{rows: [[^i]]}} = result end)
    end
  end
end
