defmodule Bench.Side do
  @moduledoc "A connection whose DBConnection callbacks are called as DBConnection calls them."

  alias Bench.Users

  # `query` makes a query of SQL, `encode` is what DBConnection.Query does to its arguments.
  defstruct [:name, :protocol, :query, :encode, :state]

  def open(name, folder, protocol, query, encode) do
    {:ok, state} = protocol.connect(Users.settings(Path.join(folder, "#{name}.db")))
    side = %__MODULE__{name: name, protocol: protocol, query: query, encode: encode, state: state}
    execute!(side, prepared(side, Users.create()), [])
    side
  end

  def close(side), do: side.protocol.disconnect(:done, side.state)

  @doc "A query that the program holds: prepared once, then executed."
  def prepared(side, sql) do
    {:ok, query, _state} = side.protocol.handle_prepare(side.query.(sql), [], side.state)
    query
  end

  def execute!(side, query, params) do
    {:ok, _, result, _} = side.protocol.handle_execute(query, side.encode.(params), [], side.state)
    result
  end

  def rows!(side, sql), do: execute!(side, prepared(side, sql), []).rows

  @doc "Runs `work` in a transaction."
  def transaction!(side, work) do
    {:ok, _, state} = side.protocol.handle_begin([], side.state)
    side = %{side | state: state}
    result = work.(side)
    {:ok, _, _} = side.protocol.handle_commit([], side.state)
    result
  end

  @doc "Reads a query through a cursor, `f` taking each chunk's rows."
  def stream!(side, sql, accumulator, f) do
    query = prepared(side, sql)
    {:ok, query, cursor, state} = side.protocol.handle_declare(query, [], [], side.state)
    side = %{side | state: state}
    accumulator = fetch!(side, query, cursor, accumulator, f)
    {:ok, _, _} = side.protocol.handle_deallocate(query, cursor, [], side.state)
    accumulator
  end

  defp fetch!(side, query, cursor, accumulator, f) do
    case side.protocol.handle_fetch(query, cursor, [max_rows: 500], side.state) do
      {:cont, result, _} -> fetch!(side, query, cursor, f.(result.rows, accumulator), f)
      {:halt, result, _} -> f.(result.rows, accumulator)
    end
  end
end

defmodule Bench.CallbackWorkloads do
  @moduledoc "Workloads through the callbacks of DBConnection, beside Exqlite.Connection's."

  import Bench.Harness
  alias Bench.{Side, Users}

  @selects 5000
  @inserts 5000
  @many 10_000

  def all do
    [
      {"E1", "point_select", 0.6, 15, &point_select/1},
      {"E2", "insert_in_transaction", 0.8, 15, &insert/1},
      {"E3", "insert_all_10k", 0.8, 9, &insert_all/1},
      {"E4", "scan_100k", 0.8, 9, &scan/1},
      {"E5", "stream_100k", 0.8, 9, &stream/1},
      {"E6", "call_overhead", nil, 15, &point_select/1}
    ]
  end

  def sides(folder) do
    query = &%EctoLibSql.Query{statement: &1}
    ours = Side.open("ours", folder, EctoLibSql, query, &EctoLibSql.Query.encode_params(&1, nil))

    sides =
      if Code.ensure_loaded?(Exqlite.Connection) do
        query = &apply(Exqlite.Query, :build, [[statement: &1]])
        [ours, Side.open("exqlite", folder, Exqlite.Connection, query, & &1)]
      else
        [ours]
      end

    Enum.each(sides, &fill/1)

    same!(
      sides,
      &for(name <- Users.pragmas(), do: {name, Side.rows!(&1, "PRAGMA #{name}")}),
      "settings"
    )

    same!(sides, &Side.rows!(&1, Users.select_all()), "scan")
    same!(sides, &stream_rows/1, "stream")
    sides
  end

  @doc "Runs one; `sides/1` has opened what it measures."
  def run({"E6", name, _, rounds, sample}, [ours | _]),
    do:
      compare([{"ours", sample.(ours)}, {"driver_batch", batch(ours)}],
        id: "E6",
        name: name,
        rounds: rounds
      )

  def run({id, name, target, rounds, sample}, sides) do
    contenders = for side <- sides, do: {side.name, sample.(side)}
    median = compare(contenders, id: id, name: name, target: target, rounds: rounds)
    if id in ~w(E2 E3), do: same!(sides, &written/1, name)
    median
  end

  defp fill(side) do
    query = Side.prepared(side, Users.insert())

    Side.transaction!(side, fn side ->
      repeat(Users.count(), &Side.execute!(side, query, Users.row(&1)))
    end)
  end

  defp point_select(side) do
    query = Side.prepared(side, Users.select_one())

    fn ->
      timed(@selects, fn ->
        repeat(@selects, fn i ->
          key = Users.scattered_key(i)
          %{rows: [[^key | _]]} = Side.execute!(side, query, [key])
        end)
      end)
    end
  end

  # The same selects in one call, which the driver runs as one batch: what it needs without the calls.
  defp batch(side) do
    steps = for i <- 1..@selects, do: {Users.select_one(), [Users.scattered_key(i)]}

    fn ->
      timed(@selects, fn ->
        {:ok, [_ | _]} = EctoLibSql.Nif.run_batch(side.state.conn_id, steps, false, :infinity)
      end)
    end
  end

  defp insert(side) do
    rows = for i <- 1..@inserts, do: Users.row(Users.count() + i)

    fn ->
      clear(side)
      query = Side.prepared(side, Users.insert())

      timed(@inserts, fn ->
        Side.transaction!(side, fn side -> Enum.each(rows, &Side.execute!(side, query, &1)) end)
      end)
    end
  end

  defp insert_all(side) do
    params = Enum.flat_map(1..@many, fn i -> ["user number #{i}", rem(i, 90), i * 0.5] end)
    sql = Users.insert_many(@many)

    fn ->
      clear(side)
      # A statement of this length is made for one use, as Repo.insert_all does.
      timed(@many, fn ->
        %{num_rows: @many} = Side.execute!(side, Side.prepared(side, sql), params)
      end)
    end
  end

  defp scan(side) do
    query = Side.prepared(side, Users.select_all())
    count = Users.count()

    fn ->
      clear(side)
      timed(count, fn -> %{num_rows: ^count} = Side.execute!(side, query, []) end)
    end
  end

  defp stream(side) do
    count = Users.count()

    fn ->
      clear(side)
      timed(count, fn -> ^count = Side.stream!(side, Users.select_all(), 0, &(length(&1) + &2)) end)
    end
  end

  defp stream_rows(side) do
    Side.stream!(side, Users.select_all(), [], &[&1 | &2]) |> Enum.reverse() |> Enum.concat()
  end

  defp clear(side), do: Side.rows!(side, "DELETE FROM users WHERE id > #{Users.count()}")
  defp written(side), do: Side.rows!(side, "SELECT * FROM users WHERE id > #{Users.count()}")
end
