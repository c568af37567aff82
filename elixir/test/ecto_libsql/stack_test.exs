defmodule EctoLibSql.StackTest do
  # What is nested deeply, on the emulator's threads for native calls: they have 320 KiB of stack.
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.Modes, only: [run!: 2, rows!: 2]

  setup do
    state = Modes.connect!(Modes.options(:local))
    run!(state, "CREATE TABLE t (a, b)")
    run!(state, "INSERT INTO t VALUES (1, 2)")
    %{state: state}
  end

  defp times(text, count), do: String.duplicate(text, count)

  defp around(before, middle, behind, count),
    do: times(before, count) <> middle <> times(behind, count)

  defp deep do
    [
      "SELECT 1" <> times(" UNION SELECT 2", 400),
      "SELECT 1" <> times(" UNION ALL SELECT 2", 499),
      "SELECT a FROM t" <> times(" EXCEPT SELECT b FROM t", 499) <> " ORDER BY 1",
      "SELECT 1" <> times("+1", 990),
      "SELECT * FROM t WHERE a=0" <> times(" OR a=1", 990),
      "SELECT " <> around("abs(", "1", ")", 990),
      "SELECT " <> around("(SELECT ", "1", ")", 5000),
      "SELECT * FROM " <> around("(SELECT * FROM ", "t", ")", 5000),
      "SELECT * FROM t WHERE " <> around("a BETWEEN 0 AND (", "1", ")", 990),
      "SELECT 'a'" <> times(" COLLATE nocase", 100_000),
      "SELECT json('" <> around("[", "1", "]", 100_000) <> "')",
      "SELECT json_set('{}', '$" <> times(".a", 50_000) <> "', 1)",
      "SELECT '" <> times("a", 20_000) <> "' LIKE '" <> times("%a", 20_000) <> "'",
      "SELECT 'a' REGEXP '" <> around("(", "a", ")", 100_000) <> "'",
      around("WITH x AS (", "SELECT 1", ") SELECT * FROM x", 1000)
    ]
  end

  # Fails with the emulator if it ends.
  defp works?(state, sql) do
    case EctoLibSql.handle_execute(sql, [], [], state) do
      {:ok, _query, %{num_rows: rows}, _state} when rows >= 0 -> true
      {:error, %Error{kind: :sql}, _state} -> false
    end
  end

  test "deeply nested SQL works or is an error", %{state: state} do
    for sql <- deep() do
      works?(state, sql)
      assert rows!(state, "SELECT a FROM t") == [[1]]
    end
  end

  # The address sanitizer makes each call take some three times as much stack.
  defp depth(ordinary), do: if(System.get_env("ASAN_OPTIONS"), do: div(ordinary, 4), else: ordinary)

  test "SQL as deep as people write it works", %{state: state} do
    assert works?(state, "SELECT 1" <> times(" UNION SELECT 2", depth(250)))
    assert works?(state, "SELECT 1" <> times("+1", depth(400)))
    assert works?(state, "SELECT * FROM t WHERE a=0" <> times(" OR a=1", depth(900)))
    assert works?(state, "SELECT json('" <> around("[", "1", "]", depth(900)) <> "')")
  end

  test "the error of SQL that is too deep says so", %{state: state} do
    assert {:error, %Error{kind: :sql, message: message}, _} =
             EctoLibSql.handle_execute("SELECT 1" <> times("+1", 990), [], [], state)

    assert message =~ "nested too deeply for the stack of this thread"
  end

  test "a transaction goes on after SQL that is too deep", %{state: state} do
    {:ok, _, state} = EctoLibSql.handle_begin([], state)
    run!(state, "INSERT INTO t VALUES (3, 4)")

    for sql <- deep() do
      works?(state, sql)
      works?(state, "INSERT INTO t SELECT 5, 6 WHERE 0 AND 1 IN (" <> sql <> ")")
    end

    {:ok, _, state} = EctoLibSql.handle_commit([], state)
    assert rows!(state, "SELECT a FROM t") == [[1], [3]]
  end

  test "scripts and prepared statements may be deeply nested", %{state: state} do
    for sql <- deep() do
      Native.execute_batch_sql(state, sql)
      Native.execute_transactional_batch_sql(state, sql)
      Native.prepare(state, sql)
      assert rows!(state, "SELECT a FROM t") == [[1]]
    end
  end

  test "deeply nested SQL may run on all the emulator's threads at once" do
    1..20
    |> Enum.map(fn _ -> Modes.connect!(Modes.options(:local)) end)
    |> Task.async_stream(
      fn state ->
        run!(state, "CREATE TABLE t (a, b)")
        for sql <- deep(), do: works?(state, sql)
        rows!(state, "SELECT count(*) FROM t")
      end,
      max_concurrency: 20,
      timeout: 60_000
    )
    |> Enum.each(&assert &1 == {:ok, [[0]]})
  end
end
