defmodule EctoLibSql.NifTest do
  use ExUnit.Case, async: true

  @moduletag timeout: 1_800_000

  alias EctoLibSql.{Error, Nif}
  alias EctoLibSql.Test.WrongTerms
  import EctoLibSql.Test.WrongTerms, only: [pick: 1]

  # What each native function takes. A new one has to be named here.
  @shapes %{
    open: [:settings, :pragmas, :extensions],
    close: [:connection],
    interrupt: [:connection],
    interrupts: [:connection],
    ping: [:connection, :timeout],
    reset: [:connection],
    run: [:connection, :sql, :arguments, :timeout],
    run_script: [:connection, :sql, :timeout],
    split_script: [:sql],
    run_batch: [:connection, :steps, :boolean, :timeout],
    prepare: [:connection, :sql],
    run_statement: [:connection, :statement, :arguments, :timeout],
    reset_statement: [:connection, :statement],
    close_statement: [:statement],
    describe: [:connection, :statement],
    declare: [:connection, :sql, :arguments, :timeout],
    fetch: [:connection, :cursor, :count, :timeout],
    close_cursor: [:connection, :cursor],
    begin: [:connection, :mode, :timeout],
    commit: [:connection, :timeout],
    rollback: [:connection],
    last_insert_rowid: [:connection],
    changes: [:connection],
    total_changes: [:connection],
    is_autocommit: [:connection],
    sync: [:connection, :timeout],
    sync_until: [:connection, :frame, :timeout],
    frames: [:connection],
    flush: [:connection],
    freeze: [:connection],
    set_update_hook: [:connection, :pid],
    set_authorizer: [:connection, :actions],
    enable_extensions: [:connection, :boolean],
    load_extension: [:connection, :path, :entry_point],
    dump: [:connection, :boolean],
    load_dump: [:connection, :sql, :timeout],
    serialize: [:connection, :text],
    deserialize: [:connection, :text, :text],
    back_up: [:connection, :path, :text, :timeout]
  }

  @calls 5_000

  @statements [
    "SELECT 1",
    "SELECT ?, ?2, :a, $b, @c",
    "SELECT x FROM t",
    "SELECT x FROM t WHERE x > ?",
    "INSERT INTO t VALUES (?)",
    "INSERT INTO t VALUES (:a) RETURNING x",
    "DELETE FROM t",
    "CREATE TABLE IF NOT EXISTS t(x)",
    "DROP TABLE IF EXISTS t",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "RELEASE s",
    "PRAGMA user_version",
    "EXPLAIN SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT * FROM nowhere",
    "SELEC",
    "",
    ";",
    "-- nothing",
    "SELECT '",
    "SELECT 'a\0b'",
    "SELECT zeroblob(100000)",
    "SELECT " <> String.duplicate("(", 20_000) <> "1" <> String.duplicate(")", 20_000),
    "SELECT ?99999",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT i FROM n"
  ]

  test "each native function has a shape here" do
    loaded = Map.new(Nif.__info__(:functions)) |> Map.delete(:load)
    assert loaded == Map.new(@shapes, fn {name, shape} -> {name, length(shape)} end)
  end

  for name <- Map.keys(@shapes) do
    test "#{name} survives anything" do
      seed = ExUnit.configuration()[:seed]
      :rand.seed(:exsss, seed)
      made = WrongTerms.prepare()
      name = unquote(name)

      # In a process of its own: its heap is dropped at once.
      Task.async(fn ->
        :rand.seed(:exsss, seed)
        Enum.reduce(1..@calls, handles(), fn _, handles -> one_call(name, handles, made) end)
      end)
      |> Task.await(:infinity)
    end
  end

  # --- handles ---

  defp open do
    {:ok, connection} = Nif.open([{"database", ":memory:"}], [], [])
    {:ok, nil, nil, _} = Nif.run(connection, "CREATE TABLE t(x)", [], 1000)
    connection
  end

  defp statement(connection) do
    {:ok, statement} = Nif.prepare(connection, "SELECT ?, :a")
    statement
  end

  defp cursor(connection) do
    {:ok, cursor, ["i"]} = Nif.declare(connection, List.last(@statements), [], :infinity)
    cursor
  end

  # The ones in use, and those that are always wrong.
  defp handles do
    other = open()
    closed = open()
    gone = [statement(closed), cursor(closed)]
    :ok = Nif.close(closed)
    ended = open()
    ended_statement = statement(ended)
    :ok = Nif.close_statement(ended_statement)
    ended_cursor = cursor(ended)
    :ok = Nif.close_cursor(ended, ended_cursor)

    renewed(%{
      other: %{connection: other, statement: statement(other), cursor: cursor(other)},
      closed: closed,
      wrong: [closed, ended_statement, ended_cursor, statement(other), cursor(other) | gone]
    })
  end

  defp renewed(handles) do
    connection = open()
    own = %{connection: connection, statement: statement(connection), cursor: cursor(connection)}
    Map.put(handles, :own, own)
  end

  # --- calls ---

  defp one_call(name, handles, made) do
    arguments =
      for kind <- @shapes[name] do
        if :rand.uniform(3) == 1, do: wrong(kind, handles, made), else: right(kind, handles, made)
      end

    outcome =
      try do
        apply(Nif, name, arguments)
      catch
        kind, reason -> flunk(told(name, arguments, {kind, reason}))
      end

    is_right =
      Enum.zip(@shapes[name], arguments) |> Enum.all?(&right?(&1, handles)) or
        (name in [:close, :interrupt, :interrupts] and arguments == [handles.closed])

    unless failed?(outcome) or (is_right and succeeded?(outcome)),
      do: flunk(told(name, arguments, outcome))

    if name == :open, do: with({:ok, opened} <- outcome, do: :ok = Nif.close(opened))
    settle(name, outcome, handles)
  end

  defp told(name, arguments, outcome) do
    "EctoLibSql.Nif.#{name}#{inspect(arguments, limit: 20, printable_limit: 200)}" <>
      " gave #{inspect(outcome, limit: 20)}"
  end

  # The connection of this call works afterwards; what the call may have ended is made anew.
  defp settle(:close, :ok, handles), do: renewed(handles)

  defp settle(name, outcome, %{own: own} = handles) do
    {:ok, ["1"], [[1]], _} = Nif.run(own.connection, "SELECT 1", [], :infinity)
    ends = [:close_statement, :close_cursor, :reset, :run_script, :run_batch, :interrupt]

    if name in ends and outcome == :ok,
      do: %{
        handles
        | own: %{own | statement: statement(own.connection), cursor: cursor(own.connection)}
      },
      else: handles
  end

  defp failed?({:error, fields}) when is_tuple(fields) do
    error = Error.from_native(fields)
    true = is_atom(error.kind) and error.kind != :internal
    true = is_binary(Exception.message(error)) and error.message != ""
  end

  defp failed?(_), do: false

  defp succeeded?(:ok), do: true
  defp succeeded?({:ok, reference}) when is_reference(reference), do: true
  defp succeeded?({:ok, outcomes}) when is_list(outcomes), do: true
  defp succeeded?({:ok, made}) when is_binary(made) or is_integer(made), do: true
  defp succeeded?({:ok, first, rest}) when is_list(first) and is_list(rest), do: true

  defp succeeded?({:ok, results, failure}) when is_list(results),
    do: failure == nil or failed?(failure)

  defp succeeded?({:ok, cursor, columns}) when is_reference(cursor), do: is_list(columns)
  defp succeeded?({:ok, nil, nil, changes}), do: is_integer(changes)
  defp succeeded?({:ok, [_ | _], rows, _}), do: is_list(rows)
  defp succeeded?({more, rows}) when more in [:cont, :halt], do: is_list(rows)
  defp succeeded?(other), do: is_integer(other) or is_boolean(other)

  # --- arguments ---

  # Where a path may be wanted, none that makes a file.
  defp wrong(kind, handles, made) do
    case wrong(handles, made) do
      text when kind == :path and is_binary(text) -> "/nowhere/" <> text
      other -> other
    end
  end

  defp wrong(handles, made) do
    if :rand.uniform(3) == 1, do: pick(handles.wrong), else: WrongTerms.any(made)
  end

  defp right(kind, handles, made) do
    case kind do
      kind when kind in [:connection, :statement, :cursor] ->
        handles.own[kind]

      :sql ->
        pick(@statements)

      :arguments ->
        arguments(made)

      :timeout ->
        pick([0, 1, 20, 1000, 9_223_372_036_854_775_807, :infinity])

      :mode ->
        pick([:deferred, :immediate, :exclusive, :read_only])

      :boolean ->
        pick([true, false])

      :count ->
        pick([1, 2, 1000, 9_223_372_036_854_775_807])

      :frame ->
        pick([0, 1, 9_223_372_036_854_775_807])

      :steps ->
        for _ <- 1..:rand.uniform(3), do: {pick(@statements), arguments(made)}

      :settings ->
        settings(made)

      :pragmas ->
        pick([
          [],
          [{"user_version", "1"}],
          [{"nope", "1"}],
          [{"user_version", WrongTerms.any(made)}]
        ])

      :extensions ->
        pick([[], [{"/nowhere/x", ""}], [{WrongTerms.any(made), "x"}]])

      :pid ->
        pick([self(), nil])

      :actions ->
        pick([[], [:attach], [:drop_table, :pragma]])

      :path ->
        pick(["/nowhere/x.db", "", "/", "/\0"])

      :entry_point ->
        pick([nil, "", "x"])

      :text ->
        pick(["main", "temp", "", "nope", "a\0b"])
    end
  end

  defp arguments(made) do
    case :rand.uniform(4) do
      1 -> []
      2 -> [WrongTerms.any(made)]
      3 -> %{pick(["a", :a, ":a", "b", "", :日本]) => WrongTerms.any(made)}
      4 -> %{"a" => 1, "b" => 2, c: 3}
    end
  end

  # None that makes a file.
  defp settings(made) do
    case :rand.uniform(4) do
      1 -> [{"database", ":memory:"}]
      2 -> [{"database", ":memory:"}, {"busy_timeout", WrongTerms.any(made)}]
      3 -> [{"database", pick(["", "\0", "a\0b", "/nowhere/x.db", "/"])}]
      4 -> [{WrongTerms.any(made), WrongTerms.any(made)}]
    end
  end

  # Whether a call with this argument may succeed.
  defp right?({kind, term}, handles) do
    case kind do
      :connection -> term == handles.own.connection or term == handles.other.connection
      :statement -> is_reference(term)
      :cursor -> term == handles.own.cursor
      :sql -> is_binary(term)
      :arguments -> is_map(term) or is_list(term)
      :timeout -> term == :infinity or int64?(term)
      :mode -> term in [:deferred, :immediate, :exclusive, :read_only]
      :boolean -> is_boolean(term)
      :count -> int64?(term) and term > 0
      :frame -> int64?(term) and term >= 0
      kind when kind in [:steps, :settings, :pragmas, :extensions, :actions] -> is_list(term)
      :pid -> is_pid(term) or term == nil
      kind when kind in [:path, :text] -> is_binary(term)
      :entry_point -> is_binary(term) or term == nil
    end
  end

  defp int64?(term),
    do: is_integer(term) and term in -0x8000000000000000..0x7FFFFFFFFFFFFFFF
end
