defmodule EctoLibSql.Test.Busy do
  @moduledoc "Queries that do not end, and processes that run them."

  alias EctoLibSql.{Nif, Query}
  import EctoLibSql.Test.Machine

  @endless "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"

  @doc "A query that gives its row never."
  def endless, do: @endless <> " SELECT count(*) FROM n"

  @doc "A query that gives rows without end."
  def numbers, do: @endless <> " SELECT i FROM n"

  @doc "A process that runs an endless query on a connection, and has begun with it; the outcome is its task's."
  def run_endless(state) do
    task =
      Task.Supervisor.async_nolink(supervisor(), fn ->
        Nif.run(state.conn_id, endless(), [], :infinity)
      end)

    # In the NIF it may still wait for its turn; who waits for it in vain tells that it has it.
    eventually(fn -> in_native?(task.pid) and match?({:error, _}, Nif.ping(state.conn_id, 5)) end)
    task
  end

  defp supervisor, do: ExUnit.Callbacks.start_supervised!({Task.Supervisor, []}, id: make_ref())

  @doc """
  A process that opens a connection, does `work` with its state, and then lives until it is killed.
  Gives its pid and the state that `work` returned.
  """
  def owner(options, work \\ & &1) do
    parent = self()

    pid =
      spawn(fn ->
        {:ok, state} = EctoLibSql.connect(options)
        send(parent, {self(), work.(state)})
        Process.sleep(:infinity)
      end)

    receive do
      {^pid, state} -> {pid, state}
    after
      5_000 -> raise "the owner does not answer"
    end
  end

  @doc "Kills a process, and waits until it is gone."
  def kill(pid) do
    monitor = Process.monitor(pid)
    Process.exit(pid, :kill)
    receive do: ({:DOWN, ^monitor, :process, _, _} -> :ok)
  end

  @doc "A cursor of endless rows with the first one read."
  def open_cursor(state) do
    {:ok, query, cursor, state} =
      EctoLibSql.handle_declare(%Query{statement: numbers()}, [], [timeout: :infinity], state)

    {:cont, %{rows: [[1]]}, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 1], state)
    {query, cursor, state}
  end
end
