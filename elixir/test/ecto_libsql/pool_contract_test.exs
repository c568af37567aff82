if Code.ensure_loaded?(DBConnection) do
  defmodule EctoLibSql.PoolContractTest do
    # What the users of a pool leave behind: after any sequence of begin, statements, failures, rollbacks of the engine,
    # timeouts, deadlines, killed clients, failed commits and lost servers, the pool's connection is idle and clean, or
    # another one. What a transaction said that it has stored is stored, and nothing else.
    use ExUnit.Case, async: true

    alias EctoLibSql.{ConnectionCallback, Error, Ids, Nif, Query}
    alias EctoLibSql.Test.{Busy, Server}
    import EctoLibSql.Test.Machine

    # DBConnection logs that it has closed a connection.
    @moduletag :capture_log
    @moduletag timeout: 300_000

    @patient [timeout: 120_000]

    defp pool!(options) do
      waits = [queue_target: 60_000, queue_interval: 60_000, backoff_min: 5, backoff_max: 50]
      options = [pool_size: 1] ++ waits ++ options
      pool = start_supervised!(EctoLibSql.child_spec(options), id: make_ref())
      {:ok, _} = execute(pool, "CREATE TABLE p (id INTEGER PRIMARY KEY)")

      {:ok, _} =
        execute(pool, "CREATE TABLE t (x UNIQUE, p REFERENCES p DEFERRABLE INITIALLY DEFERRED)")

      {:ok, _} = execute(pool, insert(0))
      pool
    end

    defp local!, do: pool!(database: Path.join(folder!(), "pool.db"), foreign_keys: true)

    defp execute(conn, sql, options \\ @patient) do
      with {:ok, _query, result} <-
             DBConnection.execute(conn, %Query{statement: sql}, [], options),
           do: {:ok, result}
    end

    defp insert(x, parent \\ "NULL"), do: "INSERT INTO t VALUES (#{x}, #{parent})"

    # --- one transaction of a client ---

    @steps [:insert, :insert, :insert, :orphan, :mistake, :ended_by_engine, :slow]
    @endings [:commit, :commit, :commit, :rollback, :raise, :throw, :exit] ++
               [:killed, :killed_in_a_query, :held_too_long, :held_too_long_in_a_query]

    # In a process of its own; tells how it has ended, with the rows that it says are stored.
    defp transaction(pool, steps, ending) do
      test = self()

      {client, monitor} =
        spawn_monitor(fn ->
          deadline = if ending in [:held_too_long, :held_too_long_in_a_query], do: 20, else: 120_000
          work = &work(&1, steps, ending, test)
          exit({:outcome, DBConnection.transaction(pool, work, timeout: deadline)})
        end)

      if ending in [:killed, :killed_in_a_query] do
        receive do
          {^client, :ready} ->
            if ending == :killed_in_a_query,
              do: eventually(fn -> in_native?(client) or not Process.alive?(client) end)

            Process.exit(client, :kill)

          {:DOWN, ^monitor, _, _, reason} ->
            send(self(), {:DOWN, monitor, :process, client, reason})
        end
      end

      receive do: ({:DOWN, ^monitor, _, _, reason} -> reason)
    end

    defp work(conn, steps, ending, test) do
      stored = Enum.flat_map(steps, &step(conn, &1))
      send(test, {self(), :ready})
      finish(conn, ending)
      stored
    end

    defp step(conn, :insert) do
      x = System.unique_integer([:positive])
      with {:ok, _} <- execute(conn, insert(x)), do: [x], else: (_ -> [])
    end

    defp step(conn, :orphan), do: ignored(execute(conn, insert(System.unique_integer(), 77)))

    defp step(conn, :mistake), do: ignored({:error, _} = execute(conn, "SELECT nothing"))

    defp step(conn, :ended_by_engine) do
      ignored({:error, _} = execute(conn, "INSERT OR ROLLBACK INTO t VALUES (0, NULL)"))
    end

    defp step(conn, :slow), do: ignored({:error, _} = execute(conn, Busy.endless(), timeout: 5))

    defp ignored(_outcome), do: []

    defp finish(_conn, :commit), do: :ok
    defp finish(conn, :rollback), do: DBConnection.rollback(conn, :undo)
    defp finish(_conn, :raise), do: raise(ArgumentError, "mine")
    defp finish(_conn, :throw), do: throw(:mine)
    defp finish(_conn, :exit), do: exit(:mine)
    defp finish(_conn, :killed), do: Process.sleep(:infinity)

    defp finish(conn, in_a_query)
         when in_a_query in [:killed_in_a_query, :held_too_long_in_a_query],
         do: execute(conn, Busy.endless(), timeout: :infinity)

    defp finish(conn, :held_too_long) do
      eventually(fn ->
        match?({:error, %DBConnection.ConnectionError{}}, execute(conn, "SELECT 1"))
      end)
    end

    # --- what it leaves behind ---

    defp assert_clean(pool, expected, why) do
      left =
        ConnectionCallback.new(fn state ->
          idle? = Nif.is_autocommit(Ids.conn(state))
          %{idle?: idle?, trx: state.trx_id, savepoints: state.savepoints, begun_by: state.begun_by}
        end)

      assert {:ok, _, {:returned, left}} = DBConnection.execute(pool, left, [], @patient)
      assert {why, left} == {why, %{idle?: true, trx: nil, savepoints: 0, begun_by: nil}}
      assert {:ok, %{rows: rows}} = execute(pool, "SELECT x FROM t")
      assert {why, Enum.sort(List.flatten(rows))} == {why, Enum.sort(expected)}
    end

    defp stored({:outcome, {:ok, rows}}), do: rows
    defp stored(_undone), do: []

    test "any sequence of transactions stores what their outcomes say" do
      seed = ExUnit.configuration()[:seed]
      :rand.seed(:exsss, seed)
      pool = local!()

      Enum.reduce(1..120, [0], fn round, expected ->
        steps = for _ <- 1..:rand.uniform(6), do: Enum.random(@steps)
        ending = Enum.random(@endings)
        outcome = transaction(pool, steps, ending)
        why = %{seed: seed, round: round, steps: steps, ending: ending, outcome: outcome}

        fails? = ending != :commit or :ended_by_engine in steps or :orphan in steps
        assert {why, match?({:outcome, {:ok, _}}, outcome)} == {why, not fails?}
        expected = stored(outcome) ++ expected
        assert_clean(pool, expected, why)

        x = System.unique_integer([:positive])
        assert {:ok, _} = execute(pool, insert(x))
        [x | expected]
      end)
    end

    test "each ending after each step leaves the pool usable" do
      pool = local!()

      for step <- Enum.uniq(@steps), ending <- Enum.uniq(@endings), reduce: [0] do
        expected ->
          outcome = transaction(pool, [:insert, step], ending)
          expected = stored(outcome) ++ expected
          assert_clean(pool, expected, {step, ending, outcome})
          expected
      end
    end

    test "a COMMIT that a reader keeps busy fails, and the pool stays usable" do
      file = Path.join(folder!(), "busy.db")
      pool = pool!(database: file, journal_mode: :delete, busy_timeout: 5)
      {:ok, reader} = EctoLibSql.connect(database: file, journal_mode: :delete)
      on_exit(fn -> EctoLibSql.disconnect(:done, reader) end)

      {:ok, _, reader} = EctoLibSql.handle_begin([], reader)

      {:ok, _, %{rows: [[1]]}, reader} =
        EctoLibSql.handle_execute("SELECT count(*) FROM t", [], [], reader)

      for _ <- 1..3 do
        assert {%Error{kind: :busy}, _stack} = transaction(pool, [:insert, :insert], :commit)
        assert_clean(pool, [0], :busy)
        # Neither does a statement of its own commit, nor does it leave anything.
        assert {:error, %Error{kind: :busy}} = execute(pool, insert(1))
        assert_clean(pool, [0], :busy)
        # In the time of a busy COMMIT, the client is killed.
        assert :killed = transaction(pool, [:insert], :killed)
        assert_clean(pool, [0], :killed)
      end

      {:ok, _, _} = EctoLibSql.handle_rollback([], reader)
      assert {:outcome, {:ok, [_, _] = rows}} = transaction(pool, [:insert, :insert], :commit)
      assert_clean(pool, [0 | rows], :free)
    end

    if Server.program() do
      test "a pool is usable again when its server is back" do
        server = Server.start!()
        pool = pool!(uri: Server.url(server))

        for ending <- [:commit, :rollback, :killed, :held_too_long], reduce: {server, [0]} do
          {server, expected} ->
            test = self()

            client =
              Task.Supervisor.async_nolink(
                start_supervised!({Task.Supervisor, []}, id: make_ref()),
                fn ->
                  DBConnection.transaction(
                    pool,
                    fn conn ->
                      [_] = step(conn, :insert)
                      send(test, {self(), :began})
                      receive do: (:go_on -> work(conn, [:insert], ending, test))
                    end,
                    timeout: if(ending == :held_too_long, do: 2_000, else: 120_000)
                  )
                end
              )

            pid = client.pid
            assert_receive {^pid, :began}, 60_000
            server = Server.kill!(server)
            send(pid, :go_on)

            if ending == :killed do
              assert_receive {^pid, :ready}, 60_000
              Process.exit(pid, :kill)
            end

            refute match?({:ok, {:ok, _}}, Task.yield(client, 120_000) || Task.shutdown(client))
            server = Server.restart!(server)
            # Until it is reached again, a call may fail; it then leaves nothing either.
            eventually(fn -> match?({:ok, _}, execute(pool, "SELECT 1")) end)
            assert_clean(pool, expected, ending)

            x = System.unique_integer([:positive])
            assert {:ok, _} = execute(pool, insert(x))
            {server, [x | expected]}
        end
      end
    end
  end
end
