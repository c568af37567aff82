defmodule EctoLibSql.AttachedTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.Error
  alias EctoLibSql.Test.Machine

  setup do
    folder = Machine.folder!()
    %{main: Path.join(folder, "main.db"), other: Path.join(folder, "other.db")}
  end

  defp run(state, sql) do
    case EctoLibSql.handle_execute(sql, [], [], state) do
      {:ok, _, %{rows: rows}, _} -> rows
      {_, error, _} -> error
    end
  end

  defp connected(opts, work) do
    {:ok, state} = EctoLibSql.connect(opts)
    result = work.(state)
    EctoLibSql.disconnect(:done, state)
    result
  end

  test "a database is attached under any name", %{main: main, other: other} do
    for name <- [:other, "other", ~S(a "b"; --)] do
      quoted = ~s("#{String.replace("#{name}", "\"", "\"\"")}")

      connected([database: main, attach: [{name, other}]], fn state ->
        run(state, "CREATE TABLE IF NOT EXISTS #{quoted}.t (x)")
        run(state, "INSERT INTO #{quoted}.t VALUES (1)")
      end)
    end

    assert connected([database: other], &run(&1, "SELECT count(*) FROM t")) == [[3]]
    assert connected([database: main], &run(&1, "SELECT count(*) FROM sqlite_schema")) == [[0]]
  end

  test "an attached database has the settings of the connection", %{main: main, other: other} do
    asked = fn state ->
      for name <- ~w(journal_mode synchronous cache_size page_size auto_vacuum secure_delete),
          schema <- ~w(main other),
          do: run(state, "PRAGMA #{schema}.#{name}")
    end

    settings = [synchronous: :normal, cache_size: -500, page_size: 8192] ++ [secure_delete: :fast]

    assert connected(
             [database: main, attach: [other: other], auto_vacuum: :incremental] ++ settings,
             asked
           ) == Enum.flat_map([["wal"], [1], [-500], [8192], [2], [2]], &[[&1], [&1]])

    assert connected([database: main, attach: [other: other], journal_mode: :truncate], fn state ->
             for schema <- ~w(main other), do: run(state, "PRAGMA #{schema}.journal_mode")
           end) == [[["truncate"]], [["truncate"]]]
  end

  test "an attached database may be in memory, or read-only", %{main: main, other: other} do
    memory = [database: ":memory:", attach: [a: ":memory:", b: :memory]]

    assert connected(memory, fn state ->
             run(state, "CREATE TABLE a.t (x)")
             run(state, "CREATE TABLE b.t (x)")
             run(state, "SELECT name FROM pragma_database_list ORDER BY seq")
           end) == [["main"], ["a"], ["b"]]

    connected([database: other], &run(&1, "CREATE TABLE t (x)"))
    read_only = [database: main, attach: [other: "file:#{other}?mode=ro"]]

    assert connected(read_only, fn state ->
             assert run(state, "SELECT * FROM other.t") == []
             run(state, "INSERT INTO other.t VALUES (1)")
           end).kind == :read_only

    assert connected([database: main, mode: :readonly, attach: [other: other]], fn state ->
             run(state, "INSERT INTO other.t VALUES (1)")
           end).kind == :read_only
  end

  test "each attached database has a key of its own, or none", %{main: main, other: other} do
    own = [database: other, encryption_key: "of the other"]
    plain = other <> ".plain"

    connected(
      [database: main, encryption_key: "of main", attach: [other: own, plain: plain]],
      fn state ->
        for schema <- ~w(main other plain), do: run(state, "CREATE TABLE #{schema}.t (x)")
      end
    )

    assert connected(own, &run(&1, "SELECT * FROM t")) == []
    assert connected([database: plain], &run(&1, "SELECT * FROM t")) == []

    for {attach, why} <- [
          {[other: [database: other, encryption_key: "hunter2"]], ~r/\Acannot attach other: .*key/},
          {[other: other], ~r/\Acannot attach other: .*key/},
          {[plain: [database: plain, encryption_key: "hunter2"]],
           ~r/\Acannot attach plain: a key was/}
        ] do
      assert {:error, %Error{kind: :wrong_key} = error} =
               EctoLibSql.connect(database: main, encryption_key: "of main", attach: attach)

      assert error.message =~ why
      refute inspect(error) =~ "hunter2"
    end
  end

  test "a database that cannot be attached is named, and the connection is closed", %{
    main: main,
    other: other
  } do
    File.write!(other, String.duplicate("no database", 500))

    for {path, kind} <- [
          {other, :not_a_database},
          {Path.join(other, "below"), :cannot_open},
          {Path.join(Path.dirname(other), "none/x.db"), :cannot_open}
        ] do
      assert {:error, %Error{kind: ^kind, message: "cannot attach other: " <> _}} =
               EctoLibSql.connect(database: main, attach: [other: path])
    end

    assert {:error, %Error{kind: :sql, message: "cannot attach main: " <> _}} =
             EctoLibSql.connect(database: main, attach: [main: main <> "2"])

    Machine.eventually(fn -> main not in Machine.files() end)
  end

  test "wrong options are refused without showing what may be a key" do
    for wrong <- [
          "hunter2",
          [:hunter2],
          [:x | :hunter2],
          [x: nil],
          [x: 1],
          [x: []],
          [x: [{:database, "x.db"} | :hunter2]],
          [x: ""],
          [x: "a\0b"],
          [{nil, "x.db"}],
          [{"", "x.db"}],
          [{1, "x.db"}],
          [x: [database: "x.db", key: "hunter2"]],
          [x: [database: "x.db", encryption_key: ""]],
          [x: [encryption_key: "hunter2"]],
          [x: [database: :hunter2]],
          [x: "file:x.db?key=hunter2"],
          [x: "file:x.db?mode=ro&hexkey=hunter2"]
        ] do
      assert {:error, %Error{kind: :invalid_argument} = error} =
               EctoLibSql.connect(database: ":memory:", attach: wrong)

      assert error.message =~ "the option :attach is invalid"
      refute inspect(error) =~ "hunter2"
    end

    for place <- [[uri: "http://localhost:1"], [uri: "http://localhost:1", database: "x.db"]] do
      assert {:error,
              %Error{kind: :unsupported, message: "the option :attach works only for local" <> _}} =
               EctoLibSql.connect(place ++ [attach: [x: "y.db"]])
    end
  end
end
