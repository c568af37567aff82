defmodule EctoLibSql.TransactionContractTest do
  # What the callbacks of DBConnection answer in each state of a transaction. Whatever happens in it, the
  # connection is idle after its end, and holds what the answers said.
  use ExUnit.Case, async: true

  import EctoLibSql.Test.Modes, only: [run!: 2, rows!: 2]
  alias EctoLibSql.{Error, State}

  setup do
    {:ok, state} = EctoLibSql.connect(database: ":memory:", foreign_keys: true)
    run!(state, "CREATE TABLE p(id INTEGER PRIMARY KEY)")
    run!(state, "CREATE TABLE t(x UNIQUE, p REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
    on_exit(fn -> EctoLibSql.disconnect(:done, state) end)
    %{state: state}
  end

  test "a commit that fails leaves nothing behind", %{state: state} do
    {:ok, _, state} = EctoLibSql.handle_begin([], state)
    run!(state, "INSERT INTO t VALUES (1, 77)")
    assert {:error, %Error{kind: :constraint}, state} = EctoLibSql.handle_commit([], state)
    assert {:idle, state} = EctoLibSql.handle_status([], state)
    run!(state, "INSERT INTO t VALUES (2, NULL)")
    assert {:ok, _, state} = EctoLibSql.handle_begin([], state)
    assert {:ok, _, state} = EctoLibSql.handle_rollback([], state)
    assert rows!(state, "SELECT x FROM t") == [[2]]
  end

  test "nothing runs behind the end that the engine made", %{state: state} do
    run!(state, "INSERT INTO t VALUES (1, NULL)")
    {:ok, _, state} = EctoLibSql.handle_begin([], state)
    assert {:error, %Error{kind: :constraint}, state} = execute(state, or_rollback(1))
    assert {:error, state} = EctoLibSql.handle_status([], state)
    query = %EctoLibSql.Query{statement: "INSERT INTO t VALUES (2, NULL)"}

    assert {:error, %Error{kind: :transaction}, state} = execute(state, query.statement)

    assert {:error, %Error{kind: :transaction}, state} =
             EctoLibSql.handle_execute(query, [], [query_many: true], state)

    assert {:error, %Error{kind: :transaction}, state} =
             EctoLibSql.handle_declare(query, [], [], state)

    call = EctoLibSql.ConnectionCallback.new(&EctoLibSql.Native.query(&1, query, []))

    assert {:ok, _, {:returned, {:error, %Error{kind: :transaction}, _}}, state} =
             EctoLibSql.handle_execute(call, [], [], state)

    assert {:error, %Error{kind: :transaction}} =
             EctoLibSql.Native.load_dump(state, query.statement <> ";")

    assert {:error, state} = EctoLibSql.handle_begin([], state)
    assert {:error, state} = EctoLibSql.handle_begin([mode: :savepoint], state)
    assert {:error, state} = EctoLibSql.handle_commit([], state)
    assert {:ok, _, state} = EctoLibSql.handle_rollback([], state)
    assert {:idle, state} = EctoLibSql.handle_status([], state)
    assert rows!(state, "SELECT x FROM t") == [[1]]
  end

  test "a connection that is closed says so", %{state: state} do
    :ok = EctoLibSql.disconnect(:done, state)

    for opts <- [[], [mode: :savepoint]],
        callback <- [:handle_begin, :handle_commit, :handle_rollback] do
      assert {^callback, {:disconnect, %Error{kind: :closed}, _}} =
               {callback, apply(EctoLibSql, callback, [opts, state])}
    end

    assert {:error, _} = EctoLibSql.handle_status([], state)
  end

  test "any sequence ends idle, with the rows that were said to be stored", %{state: state} do
    seed = ExUnit.configuration()[:seed]
    :rand.seed(:exsss, seed)

    Enum.reduce(1..300, {state, []}, fn round, {state, stored} ->
      {state, stored} = transaction(state, stored)
      assert {:idle, state} = EctoLibSql.handle_status([], state)
      held = for [x] <- rows!(state, "SELECT x FROM t ORDER BY x"), do: x
      assert held == Enum.sort(stored), "seed #{seed}, round #{round}"
      x = fresh()
      run!(state, "INSERT INTO t VALUES (#{x}, NULL)")
      {state, [x | stored]}
    end)
  end

  # One as a pool makes it: what was in it, and how it ended, is what the answers say.
  defp transaction(state, stored) do
    {:ok, _, %State{} = state} = EctoLibSql.handle_begin([], state)
    {state, inside} = statements(state, %{rows: stored, orphan: false, dead: false}, 0)

    if :rand.uniform(3) == 1 do
      assert {:ok, _, state} = EctoLibSql.handle_rollback([], state)
      {state, stored}
    else
      case {EctoLibSql.handle_commit([], state), inside} do
        {{:ok, _, state}, %{orphan: false, dead: false}} ->
          {state, inside.rows}

        {{:error, %Error{kind: :constraint}, state}, %{orphan: true, dead: false}} ->
          {state, stored}

        {{:error, %State{} = state}, %{dead: true}} ->
          assert {:ok, _, state} = EctoLibSql.handle_rollback([], state)
          {state, stored}
      end
    end
  end

  defp statements(state, inside, depth) do
    Enum.reduce(1..:rand.uniform(6), {state, inside}, fn _, {state, inside} ->
      statement(:rand.uniform(10), state, inside, depth)
    end)
  end

  defp statement(kind, state, inside, _depth) when kind <= 5 do
    x = fresh()

    case execute(state, "INSERT INTO t VALUES (#{x}, #{if kind == 5, do: 77, else: "NULL"})") do
      {:ok, _, _, state} when not inside.dead ->
        {state, %{inside | rows: [x | inside.rows], orphan: inside.orphan or kind == 5}}

      {:error, %Error{kind: :transaction}, state} when inside.dead ->
        {state, inside}
    end
  end

  defp statement(6, state, inside, _depth) do
    assert {:error, %Error{kind: kind}, state} = execute(state, "SELECT nothing")
    assert kind == if(inside.dead, do: :transaction, else: :sql)
    {state, inside}
  end

  defp statement(7, state, inside, _depth) do
    if inside.rows == [] or inside.dead do
      {state, inside}
    else
      assert {:error, %Error{kind: :constraint}, state} =
               execute(state, or_rollback(hd(inside.rows)))

      {state, %{inside | dead: true}}
    end
  end

  # A savepoint, as the sandbox makes it for a transaction.
  defp statement(_kind, state, inside, depth) when depth < 3 do
    case EctoLibSql.handle_begin([mode: :savepoint], state) do
      {:error, state} when inside.dead ->
        {state, inside}

      {:ok, _, state} ->
        {state, after_it} = statements(state, inside, depth + 1)

        if :rand.uniform(2) == 1 do
          assert {:ok, _, state} = EctoLibSql.handle_rollback([mode: :savepoint], state)
          {state, %{inside | dead: after_it.dead}}
        else
          case EctoLibSql.handle_commit([mode: :savepoint], state) do
            {:ok, _, state} when not after_it.dead ->
              {state, after_it}

            {:error, %State{} = state} when after_it.dead ->
              assert {:ok, _, state} = EctoLibSql.handle_rollback([mode: :savepoint], state)
              {state, after_it}
          end
        end
    end
  end

  defp statement(_kind, state, inside, _depth), do: {state, inside}

  defp execute(state, sql), do: EctoLibSql.handle_execute(sql, [], [], state)
  defp or_rollback(x), do: "INSERT OR ROLLBACK INTO t VALUES (#{x}, NULL)"
  defp fresh, do: System.unique_integer([:positive])
end
