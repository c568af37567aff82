defmodule EctoLibSql.ValuesTest do
  # Values on their way in and out, in each mode.
  use ExUnit.Case, async: false

  alias EctoLibSql.{Error, Native, Nif}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.Modes, only: [run!: 2, run!: 3, rows!: 2, rows!: 3]

  @int64_max 9_223_372_036_854_775_807
  @int64_min -9_223_372_036_854_775_808

  for mode <- Modes.all() do
    describe "#{mode}:" do
      setup do: Modes.setup(unquote(mode))

      test "each value comes back through a table as it went in", %{state: state} do
        run!(state, "CREATE TABLE v(id INTEGER PRIMARY KEY, x)")

        for {value, type, out} <- [
              {nil, "null", nil},
              {:null, "null", nil},
              {true, "integer", 1},
              {false, "integer", 0},
              {0, "integer", 0},
              {-1, "integer", -1},
              {@int64_max, "integer", @int64_max},
              {@int64_min, "integer", @int64_min},
              {9_007_199_254_740_993, "integer", 9_007_199_254_740_993},
              {0.0, "real", 0.0},
              {1.5, "real", 1.5},
              {1.0, "real", 1.0},
              {1.7976931348623157e308, "real", 1.7976931348623157e308},
              {5.0e-324, "real", 5.0e-324},
              {0.1, "real", 0.1},
              {"", "text", ""},
              {"text", "text", "text"},
              {"ü😀\u{10FFFF}", "text", "ü😀\u{10FFFF}"},
              {{:blob, ""}, "blob", ""},
              {{:blob, "text"}, "blob", "text"},
              {{:blob, ["a", [?b | "c"], <<0, 255>>]}, "blob", <<"abc", 0, 255>>},
              {<<0, 255>>, "blob", <<0, 255>>},
              {:atom, "text", "atom"}
            ] do
          run!(state, "DELETE FROM v")
          run!(state, "INSERT INTO v(x) VALUES (?)", [value])
          assert [[^type, ^out]] = rows!(state, "SELECT typeof(x), x FROM v")
          # As an argument by name, too.
          assert [[^type, ^out]] = rows!(state, "SELECT typeof(:x), :x", %{x: value})
        end
      end

      test "infinities are REAL, and NaN is NULL, as in SQLite", %{state: state} do
        assert rows!(state, "SELECT 9e999, -9e999, 9e999 - 9e999, typeof(9e999)") ==
                 [[:infinity, :neg_infinity, nil, "real"]]

        run!(state, "CREATE TABLE v(x)")
        run!(state, "INSERT INTO v VALUES (?), (?)", [:infinity, :neg_infinity])

        assert rows!(state, "SELECT x, typeof(x) FROM v") == [
                 [:infinity, "real"],
                 [:neg_infinity, "real"]
               ]
      end

      test "bytes that are not UTF-8 are a blob", %{state: state} do
        for bytes <- [
              <<255>>,
              <<0xC0, 0x80>>,
              <<0xED, 0xA0, 0x80>>,
              <<0xF4, 0x90, 0x80, 0x80>>,
              <<0xE2, 0x82>>,
              "a" <> <<0x80>>
            ] do
          assert [["blob", ^bytes]] = rows!(state, "SELECT typeof(?1), ?1", [bytes])
        end
      end

      test "text and a blob of the same bytes are not equal", %{state: state} do
        assert rows!(state, "SELECT ? = ?, ? = ?", ["a", {:blob, "a"}, "a", "a"]) == [[0, 1]]
      end

      test "integers of more than 64 bits are refused", %{state: state} do
        for big <- [@int64_max + 1, @int64_min - 1, Bitwise.bsl(1, 200)],
            params <- [[big], %{x: big}] do
          sql = if is_map(params), do: "SELECT :x", else: "SELECT ?"

          assert {:error, %Error{kind: :invalid_argument, message: message}, _} =
                   EctoLibSql.handle_execute(sql, params, [], state)

          assert message =~ "64 bits"
        end
      end

      test "a term that is not a value is refused by its kind", %{state: state} do
        for wrong <- [
              {1, 2},
              {:blob, 1},
              <<1::3>>,
              self(),
              make_ref(),
              fn -> 1 end,
              [1, 2],
              ["a"],
              []
            ] do
          assert {:error, %Error{kind: :invalid_argument}, _} =
                   EctoLibSql.handle_execute("SELECT ?", [wrong], [], state)
        end
      end

      test "too few and too many arguments are refused", %{state: state} do
        for {sql, params} <- [
              {"SELECT ?", []},
              {"SELECT ?", [1, 2]},
              {"SELECT 1", [1]},
              {"SELECT :a", %{:a => 1, "a" => 2}},
              {"SELECT :a", ~D[2026-11-27]}
            ] do
          assert {:error, %Error{kind: :invalid_argument}, _} =
                   EctoLibSql.handle_execute(sql, params, [], state)
        end
      end

      test "arguments by name may be more than there are parameters", %{state: state} do
        {:ok, held} = Native.prepare(state, "SELECT :a, @b")
        all = %{:a => 1, "b" => 2, :c => 3, 4 => 5}
        assert rows!(state, "SELECT :a, @b", all) == [[1, 2]]
        assert {:ok, %{rows: [[1, 2]]}} = Native.query_stmt(state, held, all)
        assert Native.normalise_arguments(state.conn_id, "SELECT @b, :a", all) == [2, 1]
        assert Native.normalise_arguments_for_stmt(state.conn_id, held, all) == [1, 2]
        assert rows!(state, "SELECT 1", all) == [[1]]

        for call <- [
              &run!(state, "SELECT :a, @b", &1),
              &Native.query_stmt(state, held, &1),
              &Native.normalise_arguments(state.conn_id, "SELECT :a, @b", &1)
            ] do
          assert_raise ArgumentError, "Missing required parameters: :b. SQL requires: :a, :b", fn ->
            call.(%{a: 1, c: 2})
          end
        end

        assert_raise ArgumentError, ~r/Cannot use named parameter map/, fn ->
          run!(state, "SELECT ?", all)
        end
      end

      test "large blobs and texts come back whole", %{state: state, mode: mode} do
        # The server takes no more than that by default.
        size = if mode == :remote, do: 4_000_000, else: 10_000_000
        blob = :rand.bytes(size)
        text = String.duplicate("ü", div(size, 2))
        assert [[^blob, ^size]] = rows!(state, "SELECT ?1, length(?1)", [{:blob, blob}])
        assert [[^text]] = rows!(state, "SELECT ?", [text])
      end

      test "a result without rows has its columns", %{state: state} do
        run!(state, "CREATE TABLE v(a, b)")
        assert %{columns: ["a", "b"], rows: [], num_rows: 0} = run!(state, "SELECT * FROM v")
        assert %{columns: nil, rows: nil, num_rows: 0} = run!(state, "DELETE FROM v")
        assert %{columns: ["a"], rows: [], num_rows: 0} = run!(state, "DELETE FROM v RETURNING a")
      end

      test "columns keep their names, whether equal, empty or unusual", %{state: state} do
        assert %{columns: ["a", "a", "", "ü \"x\""], rows: [[1, 2, 3, 4]]} =
                 run!(state, ~s(SELECT 1 AS a, 2 AS a, 3 AS "", 4 AS "ü ""x"""))
      end

      test "a result may have 100,000 rows", %{state: state} do
        rows =
          rows!(state, """
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)
          SELECT i, 'row ' || i FROM n
          """)

        assert length(rows) == 100_000
        assert List.last(rows) == [100_000, "row 100000"]
      end

      test "a result may have 2,000 columns", %{state: state} do
        columns = Enum.map_join(1..2000, ", ", &"#{&1} AS c#{&1}")
        assert %{columns: names, rows: [row]} = run!(state, "SELECT #{columns}")
        assert row == Enum.to_list(1..2000)
        assert names == Enum.map(1..2000, &"c#{&1}")

        assert {:error, %Error{kind: :sql}, _} =
                 EctoLibSql.handle_execute("SELECT #{columns}, 1", [], [], state)
      end

      test "a statement takes as many arguments as SQLite does", %{state: state} do
        marks = Enum.map_join(1..32_766, ", ", fn _ -> "?" end)
        numbers = Enum.to_list(1..32_766)

        assert [[sum]] =
                 rows!(
                   state,
                   "SELECT sum(column1) FROM (VALUES (#{String.replace(marks, ", ", "), (")}))",
                   numbers
                 )

        assert sum == Enum.sum(numbers)
      end

      test "a statement with NUL, without UTF-8 or without text does no harm", %{state: state} do
        for sql <- ["SELECT 1\0", "SELECT '\0'", <<"SELECT '", 255, "'">>, "", " ", "-- x", ";"] do
          case Nif.run(state.conn_id, sql, [], 15_000) do
            {:error, fields} -> assert %Error{message: <<_, _::binary>>} = Error.from_native(fields)
            {:ok, _, _, _} -> :ok
          end
        end

        assert rows!(state, "SELECT 1") == [[1]]
      end
    end
  end

  describe "in a database here:" do
    setup do: Modes.setup(:local)

    test "text with NUL comes back whole", %{state: state} do
      run!(state, "CREATE TABLE v(x TEXT)")
      run!(state, "INSERT INTO v VALUES (?)", ["a\0b"])
      assert rows!(state, "SELECT x, typeof(x) FROM v") == [["a\0b", "text"]]
    end

    test "arguments are named with their prefix or without, by strings or any atoms", %{
      state: state
    } do
      assert rows!(state, "SELECT :a, @b, $c", %{":a" => 1, "@b" => 2, "$c" => 3}) == [[1, 2, 3]]
      assert rows!(state, "SELECT :a, @b, $c", %{a: 1, b: 2, c: 3}) == [[1, 2, 3]]
      assert rows!(state, "SELECT :é", %{é: 1}) == [[1]]
      assert rows!(state, "SELECT :日本", %{"日本" => 1}) == [[1]]
    end

    test "arguments stay in place while they are used", %{state: state} do
      big = :binary.copy("x", 100_000)

      {:ok, cursor, _} =
        Nif.declare(state.conn_id, "SELECT ?1 FROM (VALUES (1), (2))", [big], :infinity)

      :erlang.garbage_collect()
      assert {:cont, [[^big]]} = Nif.fetch(state.conn_id, cursor, 1, :infinity)
      :erlang.garbage_collect()
      assert {:cont, [[^big]]} = Nif.fetch(state.conn_id, cursor, 1, :infinity)
      assert {:halt, []} = Nif.fetch(state.conn_id, cursor, 1, :infinity)
      assert {:ok, _} = Native.prepare(state, "SELECT 1")
    end
  end
end
