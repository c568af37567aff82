defmodule EctoLibSql.VectorTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Native, Vector}
  import EctoLibSql.Test.Modes, only: [connect!: 1, rows!: 2, rows!: 3]

  setup do: {:ok, state: connect!(database: ":memory:")}

  test "vectors are encoded as the engine encodes them", %{state: s} do
    numbers = [0.0, 1.5, -2.25, 1.0e10]
    text = Vector.text(numbers)
    assert [[bytes]] = rows!(s, "SELECT vector32(?)", [text])
    assert Vector.encode(numbers) == bytes
    assert Vector.decode(bytes) == numbers
    assert [[bytes]] = rows!(s, "SELECT vector64(?)", [text])
    assert Vector.encode(numbers, :f64) == bytes
    assert Vector.decode(bytes) == numbers
    assert [["[1,2]"]] = rows!(s, "SELECT vector_extract(?)", [{:blob, Vector.encode([1, 2])}])
  end

  test "every type of column takes a vector and finds its nearest", %{state: s} do
    for {element, function} <- [
          f32: "vector32",
          f64: "vector64",
          f16: "vector16",
          bf16: "vectorb16",
          f8: "vector8",
          f1bit: "vector1bit"
        ] do
      rows!(s, "CREATE TABLE #{element}(id INTEGER PRIMARY KEY, v #{Vector.type(4, element)})")

      for {id, v} <- [{1, [1, 1, 1, 1]}, {2, [-1, -1, 1, 1]}, {3, [-1, -1, -1, -1]}] do
        rows!(s, "INSERT INTO #{element} VALUES (?, #{function}(?))", [id, Vector.text(v)])
      end

      assert [[3], _, _] =
               rows!(
                 s,
                 "SELECT id FROM #{element} ORDER BY vector_distance_cos(v, #{function}('[-1,-1,-1,-1]'))"
               )
    end
  end

  test "distances are computed by the engine", %{state: s} do
    rows!(s, "CREATE TABLE d(embedding F32_BLOB(2))")
    rows!(s, "INSERT INTO d VALUES (vector32('[3,4]'))")
    assert [[5.0]] = rows!(s, "SELECT #{Vector.distance(:l2, "embedding", [0, 0])} FROM d")
    assert [[same]] = rows!(s, "SELECT #{Native.vector_distance_cos("d.embedding", [3, 4])} FROM d")
    assert abs(same) < 1.0e-6
  end

  test "only names and numbers get into a statement" do
    assert_raise ArgumentError, fn -> Vector.distance(:cos, "v), (SELECT 1", [1]) end
    assert_raise ArgumentError, fn -> Vector.distance(:cos, "v", "[1]'); DROP TABLE t; --") end
    assert_raise ArgumentError, fn -> Vector.text([1, "2"]) end
    assert_raise ArgumentError, fn -> Vector.type(3, :f128) end
    assert_raise FunctionClauseError, fn -> Vector.type(0) end
  end
end
